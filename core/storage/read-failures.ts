import { Failure } from "#core/model/errors.ts";

/** What every store says when a read or write meets something other than what the caller was told: one wording. */
export function keyAbsent(url: string, key: string): Failure {
  return new Failure("key-absent", `${key} is not in ${url}`);
}

export function keyExists(url: string, key: string): Failure {
  return new Failure("key-exists", `${key} already exists in ${url}; nothing was overwritten`);
}

export function objectChanged(url: string, key: string): Failure {
  return new Failure("location-error", `${key} in ${url} changed while it was being read`);
}

export function objectTooShort(url: string, key: string): Failure {
  return new Failure("location-error", `${key} in ${url} is shorter than what was asked for`);
}
