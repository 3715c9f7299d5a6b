// Reads the files of an archive record by record, by the lengths that their members state: a record is not inflated to
// find the next one. Invariant: damage affects only the damaged records, not those after them; a file that a crash
// truncated is valid up to its last complete record.
import { inflateMember, inflateStart, MEMBER_HEAD_BYTES, memberLength } from "./warc/member.ts";
import type { FileReader } from "./store/store.ts";
import { parseRecord } from "./warc/warc.ts";

/** The first byte of a member. */
const MAGIC = 0x1f;

/** A record of a file. */
export interface Member {
  /** Bytes of the file before it. */
  readonly offset: number;
  /** Its compressed bytes. */
  readonly length: number;
  /** Its headers by lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
}

/** Bytes of a member that hold its headers, which are about 1,000 bytes before compression. */
const START_BYTES = 2048;
/** Longest headers; those of a request with a long URL. */
const MOST_START_BYTES = 256 * 1024;

/** Bytes that are searched at a time for the record behind a damaged one. */
const SEARCHED_BYTES = 64 * 1024;

/**
 * Yields the records of a file; returns the offset at which the last complete one ends. `onDamage` receives the offset
 * of the first byte of an unreadable range, and that of the first byte after it.
 */
export function* membersOf(
  file: FileReader,
  onDamage: (from: number, to: number) => void = () => {},
): Generator<Member, number> {
  let offset = 0;
  while (offset < file.size) {
    const member = memberAt(file, offset);
    if (member !== undefined) {
      yield member;
      offset += member.length;
      continue;
    }
    const next = nextMember(file, offset + 1);
    if (next === undefined) return offset;
    onDamage(offset, next);
    offset = next;
  }
  return offset;
}

/** The record that begins at an offset; undefined if none does, or its headers are damaged. */
export function memberAt(file: FileReader, offset: number): Member | undefined {
  const start = file.read(offset, START_BYTES);
  const length = memberLength(start.subarray(0, MEMBER_HEAD_BYTES));
  if (length === undefined || offset + length > file.size) return undefined;
  const headers = headersOf(file, offset, length, start);
  return headers && { offset, length, headers };
}

/** The offset of the first readable record from an offset on. */
function nextMember(file: FileReader, from: number): number | undefined {
  for (let at = from; at < file.size; at += SEARCHED_BYTES) {
    const bytes = file.read(at, SEARCHED_BYTES + MEMBER_HEAD_BYTES);
    for (let found = bytes.indexOf(MAGIC); found >= 0; found = bytes.indexOf(MAGIC, found + 1)) {
      if (found >= SEARCHED_BYTES) break;
      const head = bytes.subarray(found, found + MEMBER_HEAD_BYTES);
      if (memberLength(head) !== undefined && memberAt(file, at + found) !== undefined) {
        return at + found;
      }
    }
  }
  return undefined;
}

/** The bytes of a record, inflated: its headers and its block. */
export function recordAt(file: FileReader, offset: number, length: number): Uint8Array {
  return inflateMember(file.read(offset, length));
}

function headersOf(
  file: FileReader,
  offset: number,
  length: number,
  start: Uint8Array,
): ReadonlyMap<string, string> | undefined {
  for (let bytes = start;;) {
    const parsed = startOf(bytes.subarray(0, length));
    if (parsed !== undefined) return parsed.headers;
    if (bytes.length >= Math.min(length, MOST_START_BYTES)) return undefined;
    bytes = file.read(offset, Math.min(length, bytes.length * 4));
  }
}

/** The headers of a record; undefined if they are cut off or damaged. */
function startOf(bytes: Uint8Array): ReturnType<typeof parseRecord> {
  try {
    return parseRecord(inflateStart(bytes));
  } catch {
    return undefined;
  }
}
