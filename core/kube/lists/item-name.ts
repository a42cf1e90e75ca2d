import { JsonMembers, text } from "./json-members.ts";
import { InvalidJson } from "./json-scanner.ts";

const METADATA = Buffer.from("metadata");
const NAMESPACE = Buffer.from("namespace");
const NAME = Buffer.from("name");

/**
 * Tells the items of one kind apart: namespace and name with their quotes, as they were sent (no tab and no newline can
 * be among them). Only what stands before them is looked at.
 */
export function itemName(item: Uint8Array): string {
  const members = new JsonMembers(item);
  while (members.next()) if (members.isNamed(METADATA)) return nameIn(members.value);
  throw new InvalidJson("an item without metadata");
}

function nameIn(metadata: Uint8Array): string {
  let namespace: string | undefined;
  let name: string | undefined;
  const members = new JsonMembers(metadata);
  while ((namespace === undefined || name === undefined) && members.next()) {
    if (members.isNamed(NAME)) name = text(metadata, members.start, members.end);
    else if (members.isNamed(NAMESPACE)) namespace = text(metadata, members.start, members.end);
  }
  if (name === undefined) throw new InvalidJson("an item without a name");
  return `${namespace ?? ""}\t${name}`;
}
