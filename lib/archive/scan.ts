// Reads the files of an archive record by record, by the lengths that their members state: a record is not
// inflated to find the next one. Invariant: it ends at the last complete member and says how many bytes follow;
// a file that a crash cut off is valid up to its last complete record.
import { inflateMember, inflateStart, MEMBER_HEAD_BYTES, memberLength } from "./warc/member.ts";
import type { FileReader } from "./store/store.ts";
import { parseRecord } from "./warc/warc.ts";

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

/** Yields the records of a file from an offset on; returns the offset at which the last complete one ends. */
export function* membersOf(file: FileReader, from = 0): Generator<Member, number> {
  let offset = from;
  while (offset < file.size) {
    const start = file.read(offset, START_BYTES);
    const length = memberLength(start.subarray(0, MEMBER_HEAD_BYTES));
    if (length === undefined || offset + length > file.size) return offset;
    const headers = headersOf(file, offset, length, start);
    if (headers === undefined) return offset;
    yield { offset, length, headers };
    offset += length;
  }
  return offset;
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
