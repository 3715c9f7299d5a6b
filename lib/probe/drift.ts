// Decides from the samples of a run how the responses of a stream changed: a field that is new and that nothing
// reads, a mapped field that stopped coming, a mapped field whose values have another type. Pure. Invariant: a
// difference that chance explains is no change, so a rare field is never reported as new or missing.
import type { RecordedField } from "../upsert/field_table.ts";
import type { SampledField, SampledFields } from "./field_sample.ts";

/** What is known of one field of a stream. */
export type KnownField = RecordedField;

/** Records that should have shown a field, on average, before its absence is no chance (e^-10). */
const EXPECTED = 10;

/** What is known after a run; `changed` are the fields whose change this run noticed. */
export function compareFields(
  known: readonly KnownField[],
  sampled: SampledFields,
  at: string,
): { fields: KnownField[]; changed: KnownField[] } {
  const before = new Map(known.map((field) => [field.path, field]));
  const examined = Math.max(0, ...known.map(({ records }) => records));
  // A run over older dates says nothing about what the API returns now.
  const isNews = sampled.latest >= Math.max(0, ...known.map(({ latest }) => latest));
  const fields: KnownField[] = [];
  for (const [path, field] of sampled.fields) {
    const old = before.get(path);
    fields.push(old === undefined ? added(path, field) : isNews ? seen(old, field) : old);
  }
  for (const old of known) {
    if (!sampled.fields.has(old.path) && isNews) fields.push(unseen(old));
  }
  const changed = fields.filter(({ path, change }) =>
    change !== null && change !== before.get(path)?.change
  );
  return { fields, changed };

  function added(path: string, field: SampledField): KnownField {
    const present = sum(field);
    const share = present / Math.max(1, sampled.records);
    const isNew = isNews && !field.mapped && share * examined >= EXPECTED;
    return {
      ...{ path, mapped: field.mapped, types: [...field.types.keys()], example: exampleOf(field) },
      ...{ records: sampled.records, present, missing: 0, latest: sampled.latest, since: at },
      ...{ change: isNew ? "new" : null, changedAt: isNew ? at : null },
    };
  }

  function seen(old: KnownField, field: SampledField): KnownField {
    const present = sum(field);
    const others = [...field.types].filter(([type]) => !old.types.includes(type));
    const other = others.find(([, { count }]) =>
      field.mapped && count / Math.max(1, present) * old.present >= EXPECTED
    )?.[1];
    // A field that comes back, or that a column reads now, has changed no longer.
    const kept = old.change === "type" || old.change === "new" && !field.mapped ? old.change : null;
    const change = other === undefined ? kept : "type";
    return {
      ...old,
      mapped: field.mapped,
      types: [...new Set([...old.types, ...field.types.keys()])],
      records: old.records + sampled.records,
      present: old.present + present,
      missing: present > 0 ? 0 : old.missing,
      latest: sampled.latest,
      example: other?.example ?? old.example,
      change,
      changedAt: change === null ? null : change === old.change ? old.changedAt : at,
    };
  }

  function unseen(old: KnownField): KnownField {
    const missing = old.missing + sampled.records;
    const isMissing = old.mapped && old.present / Math.max(1, old.records) * missing >= EXPECTED;
    const change = isMissing ? "missing" : old.change;
    return {
      ...old,
      missing,
      latest: sampled.latest,
      change,
      changedAt: change === old.change ? old.changedAt : at,
    };
  }
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
      return `the field "${path}" stopped coming${since}; before, it was ${example}`;
    case "type":
      return `the field "${path}" is ${types.at(-1)}${since}, such as ${example}`;
    default:
      return `the field "${path}" is new${since} and no column takes it, such as ${example}`;
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
  const column = path.replace(/\W+/g, "_").replace(/^_+|_+$/g, "").toLowerCase() || "detail";
  const type = COLUMN_TYPES[types[0] ?? ""] ?? "text";
  return `Add "${column}: ${type}" to the columns of the table, and "${column}: ${path}" to those of "rows"`;
}

const COLUMN_TYPES: Readonly<Record<string, string>> = {
  "a number": "numeric",
  "a boolean": "boolean",
  "an object": "jsonb",
  "an array": "jsonb",
};
