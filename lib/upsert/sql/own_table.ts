// Declares Hindcast's own tables in the form of a job's tables. Pure.
import type { Table } from "../../config/schema/job_schema.ts";

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
