import { type ArchiveMembers, MEMBER_BYTES, type OpenMember } from "./archive-members.ts";
import { TAR_END_BYTES, TarHeads, tarPadding } from "./tar-writer.ts";

/** Fillers that have a member open at the same time; the one not used for longest is sealed when another begins. */
const OPEN_MEMBERS = 8;

/** Where an entry's bytes lie: number of the member, offset in it. */
export interface EntryPlace {
  readonly member: number;
  readonly offset: number;
}

/**
 * The tar stream, cut into members at entry borders. Each filler (a kind, whose objects resemble each other and are
 * restored together) fills a member of its own, so several kinds may arrive interleaved.
 */
export class ArchiveTar {
  readonly #members: ArchiveMembers;
  readonly #heads: TarHeads;
  /** In order of last use. */
  readonly #open = new Map<object, OpenMember>();
  #lastUsed: object | undefined;

  constructor(members: ArchiveMembers, modifiedAt: Date) {
    this.#members = members;
    this.#heads = new TarHeads(modifiedAt);
    // Velero's archives begin with their format's version; "1" is the one without folders per API version.
    this.put(this, "metadata/version", Buffer.from("1\n"));
    this.#seal(this);
  }

  /** Copies the bytes. */
  put(filler: object, path: string, bytes: Uint8Array): EntryPlace {
    const head = this.#heads.head({ path, sizeBytes: bytes.length });
    const size = head.length + bytes.length + tarPadding(bytes.length);
    if (size > MEMBER_BYTES) return this.#putAlone(size, head, bytes);
    const member = this.#memberFor(filler, size);
    return { member: member.number, offset: append(member, head, bytes) };
  }

  async end(): Promise<void> {
    for (const filler of [...this.#open.keys()]) this.#seal(filler);
    const member = this.#members.open(TAR_END_BYTES);
    member.buffer.fill(0, 0, TAR_END_BYTES);
    member.used = TAR_END_BYTES;
    this.#members.seal(member);
    await this.#members.drain();
  }

  #putAlone(size: number, head: Uint8Array, bytes: Uint8Array): EntryPlace {
    const member = this.#members.open(size);
    const offset = append(member, head, bytes);
    this.#members.seal(member);
    return { member: member.number, offset };
  }

  #memberFor(filler: object, size: number): OpenMember {
    const open = this.#open.get(filler);
    if (open !== undefined && open.used + size <= MEMBER_BYTES) {
      if (this.#lastUsed !== filler) this.#use(filler, open);
      return open;
    }
    if (open !== undefined) this.#seal(filler);
    const [oldest] = this.#open.keys();
    if (oldest !== undefined && this.#open.size >= OPEN_MEMBERS) this.#seal(oldest);
    const member = this.#members.open(MEMBER_BYTES);
    this.#use(filler, member);
    return member;
  }

  #use(filler: object, member: OpenMember): void {
    this.#open.delete(filler);
    this.#open.set(filler, member);
    this.#lastUsed = filler;
  }

  #seal(filler: object): void {
    const member = this.#open.get(filler);
    this.#open.delete(filler);
    if (member !== undefined) this.#members.seal(member);
  }
}

function append(member: OpenMember, head: Uint8Array, bytes: Uint8Array): number {
  const offset = member.used + head.length;
  const end = offset + bytes.length;
  member.buffer.set(head, member.used);
  member.buffer.set(bytes, offset);
  member.used = end + tarPadding(bytes.length);
  member.buffer.fill(0, end, member.used);
  return offset;
}
