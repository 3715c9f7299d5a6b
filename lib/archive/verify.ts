// Reads every record of a file and compares it with what it states: lengths, checksums, digests. It changes
// nothing. A record that a crash cut off at the end of a file is a note, not an error: its rows never committed.
import { parseAbout } from "./about.ts";
import { sha1Of } from "./warc/bytes.ts";
import { membersOf, recordAt } from "./scan.ts";
import type { FileReader } from "./store/store.ts";
import { ABOUT_HEADER, parseRecord } from "./warc/warc.ts";

/** What was found in a file. */
export interface VerifiedFile {
  /** Number of records that match what they state. */
  readonly records: number;
  /** `offset length` of its responses and of the further parts of long ones, and whether it is such a part. */
  readonly responses: ReadonlyMap<string, boolean>;
  /** What is wrong, a sentence each. */
  readonly problems: readonly string[];
  /** Bytes behind the last complete record. */
  readonly cutOff: number;
}

/** Verifies a file. */
export function verifyFile(file: FileReader): VerifiedFile {
  const responses = new Map<string, boolean>();
  const problems: string[] = [];
  let records = 0;
  const members = membersOf(file, (from, to) => {
    problems.push(`the ${to - from} bytes at ${from} are damaged`);
  });
  let next = members.next();
  for (; !next.done; next = members.next()) {
    const { offset, length, headers } = next.value;
    const problem = problemOf(file, offset, length);
    if (problem === undefined) records++;
    else problems.push(`the record at ${offset}${subjectOf(headers)} ${problem}`);
    const type = headers.get("warc-type");
    const isPart = type === "continuation";
    if (isPart || type === "response") responses.set(`${offset} ${length}`, isPart);
  }
  return { records, responses, problems, cutOff: file.size - next.value };
}

/** The window that a record belongs to. */
function subjectOf(headers: ReadonlyMap<string, string>): string {
  const { stream, from } = parseAbout(headers.get(ABOUT_HEADER)) ?? {};
  return stream === undefined ? "" : ` (${[stream, from ?? []].flat().join(" ")})`;
}

function problemOf(file: FileReader, offset: number, length: number): string | undefined {
  let bytes: Uint8Array;
  try {
    bytes = recordAt(file, offset, length);
  } catch {
    return "cannot be decompressed";
  }
  const record = parseRecord(bytes);
  if (record === undefined) return "has no readable headers";
  const { headers, blockAt } = record;
  const block = bytes.subarray(blockAt, bytes.length - 4);
  if (block.length !== Number(headers.get("content-length"))) {
    return "does not have the declared length";
  }
  if (sha1Of([block]) !== headers.get("warc-block-digest")) return "does not match its digest";
  const payload = headers.get("warc-payload-digest");
  if (payload !== undefined && sha1Of([payloadOf(block)]) !== payload) {
    return "has a payload that does not match its digest";
  }
  return undefined;
}

/** The body of an HTTP message. */
function payloadOf(block: Uint8Array): Uint8Array {
  for (let at = block.indexOf(13); at >= 0; at = block.indexOf(13, at + 1)) {
    const isEnd = block[at + 1] === 10 && block[at + 2] === 13 && block[at + 3] === 10;
    if (isEnd) return block.subarray(at + 4);
  }
  return new Uint8Array();
}
