// Verifies all files of an archive and compares them with the responses that the target records. Invariant: what the
// target records is read before the files, so that a run which adds to both in the meantime causes no false alarm.
import type { Place } from "../fetch/page_archive.ts";
import { formatCount } from "../report/text/format.ts";
import { fileNameOf, fileNumber, parseFileName } from "./store/file_name.ts";
import type { ArchiveStore } from "./store/store.ts";
import { verifyFile } from "./verify.ts";

/** A response, or a part of a long one, that the target records. */
export interface RecordedPlace extends Place {
  /** First day of its window; null without one. */
  readonly day: string | null;
}

/** What was found in an archive. */
export interface VerifiedArchive {
  /** Number of files. */
  readonly files: number;
  /** Number of records that match what they state. */
  readonly records: number;
  /** Number of responses that the target records. */
  readonly responses: number;
  /** How many of them are not there. */
  readonly missing: number;
  /** What is wrong, a sentence each. */
  readonly problems: readonly string[];
  /** What is incomplete without being wrong, a sentence each. */
  readonly notes: readonly string[];
}

/** The days of the responses of a file, by `offset length`. */
type Recorded = Map<string, string | null>;

/** Verifies an archive; `places` are what the target of a job records. */
export async function verifyArchive(
  store: ArchiveStore,
  job: string,
  places: AsyncIterable<RecordedPlace>,
): Promise<VerifiedArchive> {
  const recorded = await byFile(places);
  const [problems, notes, absent]: [string[], string[], string[]] = [[], [], []];
  let [records, responses, missing] = [0, 0, 0];
  const files = await store.list();
  for (const { name } of files) {
    using file = await store.open(name);
    const verified = verifyFile(file);
    records += verified.records;
    problems.push(...verified.problems.map((problem) => `${name}: ${problem}`));
    if (verified.cutOff > 0) {
      notes.push(`${name}: ends with ${formatCount(verified.cutOff, "byte")} of a partial record`);
    }
    const number = fileNumber(parseFileName(name)!);
    const all = [...recorded.get(number) ?? []];
    recorded.delete(number);
    const lost = all.filter(([place]) => !verified.responses.has(place)).map(([, day]) => day);
    responses += all.filter(([place]) => verified.responses.get(place) !== true).length;
    missing += lost.length;
    if (lost.length > 0) absent.push(`${name}: is missing ${countText(lost)}`);
  }
  for (const [number, all] of recorded) {
    responses += all.size;
    missing += all.size;
    const lost = countText([...all.values()]);
    absent.push(`${fileNameOf(job, number)}: does not exist; it contained ${lost}`);
  }
  return {
    ...{ files: files.length, records, responses, missing, notes },
    problems: [...problems, ...absent],
  };
}

async function byFile(places: AsyncIterable<RecordedPlace>): Promise<Map<bigint, Recorded>> {
  const recorded = new Map<bigint, Recorded>();
  for await (const { file, offset, length, day } of places) {
    let ofFile = recorded.get(file);
    if (ofFile === undefined) recorded.set(file, ofFile = new Map());
    ofFile.set(`${offset} ${length}`, day);
  }
  return recorded;
}

/** How many responses are missing, and the first and last day of their windows. */
function countText(days: readonly (string | null)[]): string {
  const dated = days.filter((day) => day !== null).sort();
  const span = dated.length === 0
    ? ""
    : ` of ${[...new Set([dated[0], dated.at(-1)])].join(" .. ")}`;
  return `${formatCount(days.length, "response")}${span}`;
}
