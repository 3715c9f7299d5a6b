// Creates the rows that the write benchmark writes: 45 columns, about 700 bytes each as text, key of two, in the
// proportions of a racing runner. The same seedless arithmetic each time, so runs compare.
import type { ColumnType, Table } from "../../lib/config/schema/job_schema.ts";
import type { Row, RowShape } from "../../lib/extract/row_shape.ts";

const KINDS: [ColumnType, number][] = [
  ["text", 22],
  ["integer", 8],
  ["numeric", 6],
  ["date", 2],
  ["timestamptz", 2],
  ["boolean", 2],
  ["jsonb", 3],
];

/** Name and type of each column. */
export const columns: [string, ColumnType][] = KINDS
  .flatMap(([type, count]) => Array<ColumnType>(count).fill(type))
  .map((type, at) => [at === 0 ? "race_id" : at === 1 ? "horse_id" : `c${at}`, type]);

/** The table. */
export const wideTable: Table = {
  key: ["race_id", "horse_id"],
  columns: Object.fromEntries(
    columns.map(([name, type]) => [name, { type, merge: undefined, about: undefined }]),
  ),
  merge: "replace",
  vanished: "keep",
  indexes: [],
  references: {},
  extend: false,
};

/** The shape of its rows. */
export const wideShape: RowShape = {
  id: "bench/0",
  stream: "bench",
  table: "wide",
  columns: columns.map(([name]) => name),
  types: columns.map(([, type]) => type),
  merges: columns.map(() => "replace"),
  key: [0, 1],
  version: [],
};

/** Rows `0 .. count - 1`; every `changedEvery`th differs from those of another `version` in one column. */
export function wideRows(count: number, version = 0, changedEvery = 10): Row[] {
  return Array.from({ length: count }, (_, row) => {
    const values = columns.map(([, type], at) => value(type, at, row));
    if (version > 0 && row % changedEvery === 0) values[25] = String(1000 + version);
    return values;
  });
}

function value(type: ColumnType, at: number, row: number): string | null {
  if (at === 0) return `rac_${1_000_000 + Math.floor(row / 10)}`;
  if (at === 1) return `hrs_${10_000_000 + row * 7919 % 1_000_003}`;
  if ((row * 31 + at * 17) % 11 === 0) return null;
  switch (type) {
    case "text":
      return at % 6 === 0
        ? `prominent, headway three out, ridden and stayed on,\tbeaten ${
          row % 9
        } lengths; entry ${row}`
        : `some text ${row * at % 9973}`;
    case "integer":
      return String(row * at % 100);
    case "numeric":
      return (row * at % 1000 / 10).toFixed(1);
    case "date":
      return `2024-0${1 + row % 9}-11`;
    case "timestamptz":
      return `2024-03-0${1 + row % 9}T12:30:00Z`;
    case "boolean":
      return row % 2 === 0 ? "true" : "false";
    default:
      return `{"price": "${row % 100}/1", "at": [1, 2, "x"]}`;
  }
}
