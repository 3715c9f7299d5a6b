// Owns the text of the record that begins each file of an archive: the software, and which database the responses of
// the file were fetched for. A process writes for one database, so all of a file belongs to it. Pure.
import { membersOf, recordAt } from "./scan.ts";
import type { FileReader } from "./store/store.ts";

const SOFTWARE = "software: hindcast\r\nformat: WARC File Format 1.1\r\n" +
  "conformsTo: https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/\r\n";

/** The text of the record, for the stamp of a target. */
export function warcinfoText(target: string): string {
  return `${SOFTWARE}hindcast-target: ${target}\r\n`;
}

/** The stamp of the target for which a file was written; undefined if its first record does not state it. */
export function targetOf(file: FileReader): string | undefined {
  const [first] = membersOf(file);
  if (first?.headers.get("warc-type") !== "warcinfo") return undefined;
  try {
    const text = new TextDecoder().decode(recordAt(file, first.offset, first.length));
    return /^hindcast-target: (\S+)\r$/m.exec(text)?.[1];
  } catch {
    return undefined;
  }
}
