// Declares Hindcast's own tables in the form of a job's tables. Pure.
import type { Table } from "../../config/schema/job_schema.ts";

/** The columns that identify a window. */
export const WINDOW_COLUMNS = {
  job: "text",
  stream: "text",
  scope: "text",
  each: "text",
  from: "text",
  to: "text",
} as const;

/** The primary key of a table with one row for each window. */
export const WINDOW_KEY: string[] = Object.keys(WINDOW_COLUMNS);

/** A table of Hindcast's own, in the form of a job's tables. */
export function ownTable(
  about: string,
  key: string[],
  columns: Record<string, Table["columns"][string]["type"]>,
  indexes: string[][] = [],
): Table {
  return {
    about,
    key,
    columns: Object.fromEntries(
      Object.entries(columns).map((
        [name, type],
      ) => [name, { type, merge: undefined, about: undefined }]),
    ),
    merge: "replace",
    vanished: "keep",
    indexes,
    references: {},
    extend: true,
  };
}
