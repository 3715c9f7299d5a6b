// Samples the fields of a stream's records during a run: of the first, second, fourth, eighth ... page and of the
// last one a few records each. Invariant: its cost and its memory do not grow with the run.
import type { Job } from "../config/schema/job.ts";
import { kindOf } from "../extract/cast/kind_of.ts";
import { MINUTES_PER_DAY } from "../plan/time/civil.ts";
import type { Unit } from "../plan/unit.ts";
import { fieldFinder, type FoundField } from "./unmapped_field.ts";

/** A field in the samples of a run. */
export interface SampledField {
  /** Whether a column, condition or hash reads it. */
  readonly mapped: boolean;
  /** In how many of the recent records it has a value of each type, and a value, shortened. */
  readonly types: Map<string, { count: number; readonly example: string }>;
}

/** What the samples of a run show. */
export interface SampledFields {
  /** How many recent records were examined. */
  readonly records: number;
  /** The end of the newest window among them, in civil minutes; 0 for a stream without windows. */
  readonly latest: number;
  /** The fields by path. */
  readonly fields: ReadonlyMap<string, SampledField>;
}

const RECORDS_PER_PAGE = 5;
const MOST_FIELDS = 400;
/** Records of older windows only show which fields there were: an API's history has other fields. */
const RECENT_MINUTES = 90 * MINUTES_PER_DAY;

interface Sample {
  readonly latest: number;
  readonly records: readonly (ReadonlyMap<string, Seen>)[];
}

interface Seen {
  readonly mapped: boolean;
  readonly type: string;
  readonly example: string;
}

/** The samples of one stream. */
export class FieldSample {
  readonly #fieldsOf: (record: unknown) => Map<string, FoundField>;
  readonly #samples: Sample[] = [];
  #pages = 0;
  #last: { latest: number; records: readonly unknown[] } | undefined;

  /** Starts without a sample. */
  constructor(job: Job, stream: string) {
    this.#fieldsOf = fieldFinder(job, stream);
  }

  /** Takes a sample of a page, or leaves it out. */
  note({ window }: Unit, records: readonly unknown[]): void {
    if (records.length === 0) return;
    const page = { latest: window?.to ?? 0, records: records.slice(0, RECORDS_PER_PAGE) };
    this.#pages++;
    const isPower = (this.#pages & (this.#pages - 1)) === 0;
    if (isPower) this.#samples.push(this.#examine(page));
    this.#last = isPower ? undefined : page;
  }

  /** What the samples show; undefined without a record. */
  finish(): SampledFields | undefined {
    const samples = [
      ...this.#samples,
      ...this.#last === undefined ? [] : [this.#examine(this.#last)],
    ];
    if (samples.length === 0) return undefined;
    const latest = Math.max(...samples.map((sample) => sample.latest));
    const fields = new Map<string, SampledField>();
    let records = 0;
    for (const sample of samples) {
      const isRecent = sample.latest >= latest - RECENT_MINUTES;
      if (isRecent) records += sample.records.length;
      for (const record of sample.records) addRecord(fields, record, isRecent);
    }
    return { records, latest, fields };
  }

  #examine({ latest, records }: { latest: number; records: readonly unknown[] }): Sample {
    const seen = records.map((record) =>
      new Map(
        [...this.#fieldsOf(record)].map(([path, { value, mapped }]) =>
          [path, { mapped, type: kindOf(value), example: shortened(value) }] as const
        ),
      )
    );
    return { latest, records: seen };
  }
}

function addRecord(
  fields: Map<string, SampledField>,
  record: ReadonlyMap<string, Seen>,
  isRecent: boolean,
): void {
  for (const [path, { mapped, type, example }] of record) {
    let field = fields.get(path);
    if (field === undefined) {
      if (fields.size >= MOST_FIELDS) continue;
      fields.set(path, field = { mapped, types: new Map() });
    }
    let seen = field.types.get(type);
    if (seen === undefined) field.types.set(type, seen = { count: 0, example });
    if (isRecent) seen.count++;
  }
}

const MOST_CHARS = 8;

/**
 * An example that shows the form of a value but reveals little of its content: short, and without the values
 * of objects.
 */
function shortened(value: unknown): string {
  if (typeof value === "string") {
    return JSON.stringify(value.length > MOST_CHARS ? `${value.slice(0, 4)}…` : value);
  }
  if (Array.isArray(value)) return "[…]";
  if (typeof value === "object" && value !== null) {
    return `{${Object.keys(value).slice(0, 5).join(", ").slice(0, 60)}}`;
  }
  const text = String(value);
  return text.length > MOST_CHARS ? `${text.slice(0, 4)}…` : text;
}
