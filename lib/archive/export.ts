// Copies records of an archive into one stream, which is again a WARC file: compressed records are copied
// unchanged. It selects by stream and date; the record that describes a window is copied with its responses.
import { parseAbout } from "./about.ts";
import { membersOf } from "./scan.ts";
import type { ArchiveStore } from "./store/store.ts";
import { ABOUT_HEADER } from "./warc/warc.ts";

/** What is copied. */
export interface ExportSelection {
  /** Name of the job. */
  readonly job: string;
  /** Names of streams; all unless given. */
  readonly streams: readonly string[];
  /** First day; unbounded unless given. */
  readonly from: string | undefined;
  /** Last day, inclusive; unbounded unless given. */
  readonly to: string | undefined;
}

/** Yields the compressed records of a selection; the first one describes the file that it comes from. */
export async function* exportRecords(
  store: ArchiveStore,
  selection: ExportSelection,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let hasBegun = false;
  for (const { name } of await store.list()) {
    using file = await store.open(name);
    let isTaken = false;
    for (const { offset, length, headers } of membersOf(file)) {
      const type = headers.get("warc-type");
      // A request follows its response and has no description of its own.
      if (type !== "request" && type !== "warcinfo") isTaken = isSelected(headers, selection);
      if (type === "warcinfo" ? hasBegun : !isTaken) continue;
      hasBegun = true;
      yield file.read(offset, length);
    }
  }
}

function isSelected(headers: ReadonlyMap<string, string>, selection: ExportSelection): boolean {
  const { job, streams, from, to } = selection;
  const about = parseAbout(headers.get(ABOUT_HEADER));
  if (about?.stream === undefined || about.job !== job) return false;
  if (streams.length > 0 && !streams.includes(about.stream)) return false;
  if (about.from == null || about.to == null) return true;
  // Dates as strings compare as dates; the end of a window is exclusive, the last day inclusive.
  return (to === undefined || about.from.slice(0, 10) <= to) &&
    (from === undefined || about.to > from);
}
