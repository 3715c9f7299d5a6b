// Reads the archives that tests write, record by record.
import { FolderStore } from "../../lib/archive/store/folder_store.ts";
import { membersOf, recordAt } from "../../lib/archive/scan.ts";
import { parseRecord } from "../../lib/archive/warc/warc.ts";

/** A record with its bytes. */
export interface ReadRecord {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
  readonly type: string;
  readonly headers: ReadonlyMap<string, string>;
  /** The block as Latin-1 would read it; bodies of tests are ASCII unless they say otherwise. */
  readonly block: string;
}

/** All records of the files of a folder. */
export async function recordsOf(folder: string): Promise<ReadRecord[]> {
  const store = new FolderStore(folder);
  const records: ReadRecord[] = [];
  for (const { name } of await store.list()) {
    using file = await store.open(name);
    for (const { offset, length, headers } of membersOf(file)) {
      const bytes = recordAt(file, offset, length);
      const { blockAt } = parseRecord(bytes)!;
      const size = Number(headers.get("content-length"));
      const block = new TextDecoder().decode(bytes.subarray(blockAt, blockAt + size));
      records.push({ file: name, offset, length, type: headers.get("warc-type")!, headers, block });
    }
  }
  return records;
}

/** Everything that the files of a folder hold, inflated, as one text. */
export async function textOf(folder: string): Promise<string> {
  const records = await recordsOf(folder);
  return records.map(({ headers, block }) => `${JSON.stringify([...headers])}\n${block}`).join(
    "\n",
  );
}
