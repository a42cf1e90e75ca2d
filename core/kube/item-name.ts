import { jsonMembers, text } from "./json-members.ts";
import { InvalidJson } from "./json-scanner.ts";

/**
 * Tells the items of one kind apart: the bytes of namespace and name as they were sent (no tab and no newline can be
 * among them). Only what stands before them is looked at.
 */
export function itemName(item: Uint8Array): string {
  for (const member of jsonMembers(item)) {
    if (member.name === "metadata") return nameIn(item.subarray(member.start, member.end));
  }
  throw new InvalidJson("an item without metadata");
}

function nameIn(metadata: Uint8Array): string {
  let namespace: string | undefined;
  let name: string | undefined;
  for (const member of jsonMembers(metadata)) {
    if (member.name === "namespace") namespace = text(metadata, member.start, member.end);
    if (member.name === "name") name = text(metadata, member.start, member.end);
    if (namespace !== undefined && name !== undefined) break;
  }
  if (name === undefined) throw new InvalidJson("an item without a name");
  return `${namespace ?? ""}\t${name}`;
}
