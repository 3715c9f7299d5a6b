// Decides from the samples of a run how the responses of a stream changed: a new field that is not mapped, a
// mapped field that is no longer returned, a mapped field whose values have another type. Pure. Invariant: a
// difference that may be due to chance is not a change, so a rare field is never reported as new or missing.
import type { RecordedField } from "../upsert/field_table.ts";
import type { SampledField, SampledFields } from "./field_sample.ts";

/** What is known of one field of a stream. */
export type KnownField = RecordedField;

/** Expected occurrences of a field from which its absence is not due to chance (e^-10). */
const EXPECTED = 10;

/** The samples of a run, and how many records earlier runs examined. */
interface Reading {
  /** Sampled records. */
  readonly records: number;
  /** Day number of the latest record. */
  readonly latest: number;
  /** Whether the samples are at least as new as those of earlier runs. */
  readonly isNews: boolean;
  /** Records that earlier runs examined. */
  readonly examined: number;
  /** When the run ended, an ISO instant. */
  readonly at: string;
}

/** What is known after a run; `changed` are the fields whose change this run noticed. */
export function compareFields(
  known: readonly KnownField[],
  sampled: SampledFields,
  at: string,
): { fields: KnownField[]; changed: KnownField[] } {
  const before = new Map(known.map((field) => [field.path, field]));
  const reading: Reading = {
    ...{ records: sampled.records, latest: sampled.latest, at },
    // A run over older dates does not show what the API returns now.
    isNews: sampled.latest >= Math.max(0, ...known.map(({ latest }) => latest)),
    examined: Math.max(0, ...known.map(({ records }) => records)),
  };
  const present = [...sampled.fields].map(([path, field]) => {
    const old = before.get(path);
    if (old === undefined) return added(path, field, reading);
    return reading.isNews ? seen(old, field, reading) : old;
  });
  const absent = known.filter(({ path }) => reading.isNews && !sampled.fields.has(path))
    .map((old) => unseen(old, reading));
  const fields = [...present, ...absent];
  const changed = fields.filter(({ path, change, changedAt }) => {
    const old = before.get(path);
    return change !== null && (change !== old?.change || changedAt !== old.changedAt);
  });
  return { fields, changed };
}

/** A field that no earlier run has seen. */
function added(path: string, field: SampledField, reading: Reading): KnownField {
  const { records, latest, at } = reading;
  const present = sum(field);
  const share = present / Math.max(1, records);
  const isNew = reading.isNews && !field.mapped && share * reading.examined >= EXPECTED;
  return {
    ...{ path, mapped: field.mapped, types: [...field.types.keys()], example: exampleOf(field) },
    ...{ records, present, missing: 0, latest, since: at },
    ...{ change: isNew ? "new" : null, changedAt: isNew ? at : null },
  };
}

/** A known field that the samples contain. */
function seen(old: KnownField, field: SampledField, reading: Reading): KnownField {
  const present = sum(field);
  const others = [...field.types].filter(([type]) => !old.types.includes(type));
  const other = others.find(([, { count }]) =>
    field.mapped && count / Math.max(1, present) * old.present >= EXPECTED
  )?.[1];
  // A field that returns, or that a column now reads, no longer counts as changed.
  const kept = old.change === "type" || old.change === "new" && !field.mapped ? old.change : null;
  const change = other === undefined ? kept : "type";
  // Too few values to decide: if none has a type that is known, the next run decides with more of them.
  const isOpen = other === undefined && field.mapped && others.length === field.types.size;
  return {
    ...old,
    mapped: field.mapped,
    types: isOpen ? old.types : [...new Set([...old.types, ...field.types.keys()])],
    records: old.records + reading.records,
    present: old.present + present,
    missing: present > 0 ? 0 : old.missing,
    latest: reading.latest,
    example: other?.example ?? old.example,
    change,
    changedAt: other !== undefined ? reading.at : change === null ? null : old.changedAt,
  };
}

/** A known field that the samples do not contain. */
function unseen(old: KnownField, { records, latest, at }: Reading): KnownField {
  const missing = old.missing + records;
  const isMissing = old.mapped && old.present / Math.max(1, old.records) * missing >= EXPECTED;
  const change = isMissing ? "missing" : old.change;
  const changedAt = change === old.change ? old.changedAt : at;
  return { ...old, missing, latest, change, changedAt };
}

function sum({ types }: SampledField): number {
  return types.values().reduce((total, { count }) => total + count, 0);
}

function exampleOf({ types }: SampledField): string {
  return types.values().next().value?.example ?? "";
}

/** What happened to a field, for display. */
export function changeText({ path, change, types, example, changedAt }: KnownField): string {
  const since = changedAt === null ? "" : ` since ${changedAt.slice(0, 10)}`;
  switch (change) {
    case "missing":
      return `the field "${path}" has not been returned${since}; an earlier value was ${example}`;
    case "type":
      return `the field "${path}" has been ${types.at(-1)}${since}; an example is ${example}`;
    default:
      return `the field "${path}" is new${since} and not mapped by any column; an example is ${example}`;
  }
}

/** What to do about it, as YAML where there is something to add. */
export function changeAdvice({ path, change, types }: KnownField): string {
  if (change === "missing") {
    return `See the response with deno task probe; remove or correct the path "${path}"`;
  }
  if (change === "type") {
    return `See the response with deno task probe; correct the type of the column`;
  }
  const { column, type } = columnOf({ path, types });
  return `Add "${column}: ${type}" to the columns of the table, and "${column}: ${path}" to those of "rows" if it lists any`;
}

/** The column that would take a new field, and its type. */
export function columnOf(
  { path, types }: Pick<KnownField, "path" | "types">,
): { column: string; type: string } {
  const column = path.replace(/\W+/g, "_").replace(/^_+|_+$/g, "").toLowerCase() || "detail";
  return { column, type: COLUMN_TYPES[types[0] ?? ""] ?? "text" };
}

const COLUMN_TYPES: Readonly<Record<string, string>> = {
  "a number": "numeric",
  "a boolean": "boolean",
  "an object": "jsonb",
  "an array": "jsonb",
};
