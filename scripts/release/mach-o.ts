/** What a signer needs of a 64-bit Mach-O file (mach-o/loader.h); all numbers are little-endian. */
const MAGIC_64 = 0xfeedfacf;
const HEADER_SIZE = 32;
const SEGMENT_64 = 0x19;
const SEGMENT_64_SIZE = 72;
const SECTION_64_SIZE = 80;
const CODE_SIGNATURE = 0x1d;

export interface Segment {
  readonly name: string;
  /** Where its load command lies. */
  readonly at: number;
  readonly fileOffset: number;
  readonly fileSize: number;
}

export interface MachO {
  readonly isArm64: boolean;
  readonly commandCount: number;
  readonly commandsEnd: number;
  /** Where the first section's content begins: load commands may grow up to here. */
  readonly contentStart: number;
  readonly segments: readonly Segment[];
  readonly signature: { readonly offset: number; readonly size: number } | undefined;
}

const CPU_ARM64 = 0x0100000c;

export function readMachO(file: Buffer): MachO {
  if (file.readUInt32LE(0) !== MAGIC_64) throw new Error("not a 64-bit Mach-O file");
  const commandCount = file.readUInt32LE(16);
  const segments: Segment[] = [];
  const contents: number[] = [];
  let signature: MachO["signature"];
  let at = HEADER_SIZE;
  for (let index = 0; index < commandCount; index++) {
    const command = file.readUInt32LE(at);
    if (command === SEGMENT_64) {
      segments.push(readSegment(file, at));
      contents.push(...sectionOffsets(file, at));
    }
    if (command === CODE_SIGNATURE)
      signature = { offset: file.readUInt32LE(at + 8), size: file.readUInt32LE(at + 12) };
    at += file.readUInt32LE(at + 4);
  }
  const isArm64 = file.readUInt32LE(4) === CPU_ARM64;
  return { isArm64, commandCount, commandsEnd: at, contentStart: Math.min(...contents), segments, signature };
}

function readSegment(file: Buffer, at: number): Segment {
  return {
    name: file.toString("latin1", at + 8, at + 24).replace(/\0+$/, ""),
    at,
    fileOffset: Number(file.readBigUInt64LE(at + 40)),
    fileSize: Number(file.readBigUInt64LE(at + 48)),
  };
}

/** Sections without bytes in the file (zero-filled ones) have offset 0. */
function sectionOffsets(file: Buffer, segment: number): readonly number[] {
  const count = file.readUInt32LE(segment + 64);
  return Array.from({ length: count }, (_, index) =>
    file.readUInt32LE(segment + SEGMENT_64_SIZE + index * SECTION_64_SIZE + 48),
  ).filter((offset) => offset > 0);
}

/** Puts a load command for a signature behind the others and lets __LINKEDIT reach to the signature's end. */
export function announceSignature(file: Buffer, machO: MachO, at: { offset: number; size: number }): void {
  const { commandCount, commandsEnd, contentStart, isArm64 } = machO;
  const size = 16;
  if (commandsEnd + size > contentStart) throw new Error("no room for another load command");
  file.writeUInt32LE(commandCount + 1, 16);
  file.writeUInt32LE(commandsEnd - HEADER_SIZE + size, 20);
  file.writeUInt32LE(CODE_SIGNATURE, commandsEnd);
  file.writeUInt32LE(size, commandsEnd + 4);
  file.writeUInt32LE(at.offset, commandsEnd + 8);
  file.writeUInt32LE(at.size, commandsEnd + 12);
  const linkEdit = segmentNamed(machO, "__LINKEDIT");
  const fileSize = at.offset + at.size - linkEdit.fileOffset;
  const page = isArm64 ? 0x4000 : 0x1000;
  file.writeBigUInt64LE(BigInt(Math.ceil(fileSize / page) * page), linkEdit.at + 32);
  file.writeBigUInt64LE(BigInt(fileSize), linkEdit.at + 48);
}

export function segmentNamed({ segments }: MachO, name: string): Segment {
  const found = segments.find((segment) => segment.name === name);
  if (found === undefined) throw new Error(`no segment ${name}`);
  return found;
}
