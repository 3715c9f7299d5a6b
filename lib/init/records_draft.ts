// Drafts how the records of a response are stored: the name of the stream, its tables and columns, and the date of a
// record. Pure. Invariant: the user's columns and key win over those that are proposed.
import { type InitAnswers, readColumn } from "./answers.ts";
import { snakeCase } from "./column_name.ts";
import { lastWord, type RecordsProposal } from "./propose_records.ts";
import { proposeTables, type RecordHints, type TableDraft } from "./propose_tables.ts";
import type { ColumnDraft } from "./record_walk.ts";

/** Path of a record's own date, with its format if it has one. */
export type RecordDate = string | { readonly path: string; readonly format: string };

/** What the records of a stream become. */
export interface RecordsDraft {
  /** Name of the stream. */
  readonly stream: string;
  /** Where the records are. */
  readonly records: RecordsProposal["records"];
  /** A condition for rows: an array of arrays may begin with a header. */
  readonly when: { readonly path: string; readonly not: readonly string[] } | undefined;
  /** Path of a record's own date; undefined if it has none, or several. */
  readonly recordDate: RecordDate | undefined;
  /** Tables with their columns. */
  readonly tables: readonly TableDraft[];
}

/** Drafts the tables for records found at `path`. */
export function recordsOf(
  answers: InitAnswers,
  found: RecordsProposal & { readonly header?: string },
  path: string,
  hints: RecordHints,
): RecordsDraft {
  const word = snakeCase(found.word || lastWord(path) || "records");
  const given = { given: answers.key ?? [], keys: found.keys };
  const [table, ...children] = proposeTables(found.record, word, { ...hints, ...given });
  const columns = answers.columns?.map(readColumn);
  const own = columns === undefined ? table! : withColumns(table!, columns);
  const records = answers.records ?? found.records;
  const { header } = found;
  return {
    stream: word,
    records,
    when: header === undefined ? undefined : { path: header, not: [header] },
    recordDate: typeof records === "string" || "optional" in records
      ? dateIn(own, hints.isUnique !== undefined)
      : undefined,
    tables: columns === undefined ? [own, ...children] : [own],
  };
}

/** Names of the date of a record that a search by dates usually goes by. */
const RECORD_DATE = /^(date|day|pub_date|published|time_period)$/;

/**
 * The date of a record, if there is only one; without a sample, records may be missing any date except the most
 * obvious.
 */
function dateIn({ columns }: TableDraft, hasSample: boolean): RecordDate | undefined {
  const dates = columns.filter(({ name, type }) =>
    hasSample
      ? RECORD_DATE.test(name) && (type === "date" || type === "timestamptz")
      : name === "date" && type === "date"
  );
  const [{ value }] = dates.length === 1 ? dates as [ColumnDraft] : [{ value: undefined }];
  if (typeof value === "string") return value;
  return value !== undefined && "format" in value ? value : undefined;
}

/** The table with the columns that the user named, after those of its key. */
function withColumns(table: TableDraft, columns: TableDraft["columns"]): TableDraft {
  const names = columns.map(({ name }) => name);
  const key = table.columns.filter(({ name }) => table.key.includes(name) && !names.includes(name));
  return { ...table, columns: [...key, ...columns] };
}
