// The API that the tests of this folder break: meters that are read some dozens of times a day. What it
// holds is known value by value, so that a test can say what must be in the database without using
// Hindcast. It responds correctly unless a test changes that, and counts its requests.
import { serve } from "../support/http_server.ts";

/** One reading as the API returns it. */
export interface Reading {
  id: string;
  taken_at: string;
  day: string;
  count: number | null;
  value: string;
  note: string | null;
  tags: string[];
  raw: unknown;
  meter: { id: string; name: string };
}

/** A request to the API. */
export interface Asked {
  /** Counts from 1. */
  readonly number: number;
  /** First day. */
  readonly from: string;
  /** Day after the last. */
  readonly to: string;
  readonly skip: number;
  readonly limit: number;
  readonly authorization: string | null;
  /** The value of the correct response. */
  page(): { total: number; readings: Reading[] };
}

/** What a test responds instead; undefined for the correct response, a plain value for its JSON. */
export type Spoil = (asked: Asked) => unknown;

/** A running API. */
export interface MeterApi extends AsyncDisposable {
  readonly url: string;
  /** The requests, in order. */
  readonly asked: readonly Asked[];
  /** Replaces the responses from now on. */
  spoil: Spoil;
  /** How often the first page of each day was requested; windows must be days. */
  timesAsked(): Map<string, number>;
}

/** Readings of a page; a day has one to three pages, some days none. */
export const PAGE_SIZE = 20;

/** Starts the API. */
export function startMeters(spoil: Spoil = () => undefined): MeterApi {
  const asked: Asked[] = [];
  const server = serve(async (request) => {
    const one = askedOf(request, asked.length + 1);
    asked.push(one);
    const answer = await api.spoil(one) ?? one.page();
    return answer instanceof Response ? answer : Response.json(answer);
  });
  const api: MeterApi = {
    url: server.url,
    asked,
    spoil,
    timesAsked: () => {
      const times = new Map<string, number>();
      for (const { from, skip } of asked) {
        if (skip === 0) times.set(from, (times.get(from) ?? 0) + 1);
      }
      return times;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  return api;
}

function askedOf(request: Request, number: number): Asked {
  const { searchParams } = new URL(request.url);
  const [from = "", to = ""] = ["from", "to"].map((name) => searchParams.get(name) ?? "");
  const [skip = 0, limit = 0] = ["skip", "limit"].map((name) => Number(searchParams.get(name)));
  const page = () => {
    const all = daysOf(from, to).flatMap(readingsOf);
    return { total: all.length, readings: all.slice(skip, skip + limit) };
  };
  const authorization = request.headers.get("authorization");
  return { number, from, to, skip, limit, authorization, page };
}

/** The days from a first one to the one before another. */
export function daysOf(from: string, to: string): string[] {
  const days: string[] = [];
  for (let at = Date.parse(from); at < Date.parse(to); at += 86_400_000) {
    days.push(new Date(at).toISOString().slice(0, 10));
  }
  return days;
}

/** The readings of a day: the same for the same day, always. */
export function readingsOf(day: string): Reading[] {
  const dice = hash(day);
  const count = dice % 5 === 0 ? 0 : dice % 55;
  return Array.from({ length: count }, (_, at): Reading => {
    const roll = hash(`${day}/${at}`);
    const meter = `m${roll % 17}`;
    return {
      id: `${day}/${at}`,
      taken_at: `${day}T${String(at % 24).padStart(2, "0")}:${
        String(roll % 60).padStart(2, "0")
      }:00Z`,
      day,
      count: roll % 7 === 0 ? null : roll % 1000,
      value: `${roll % 10_000}.${String(roll % 1000).padStart(3, "0")}`,
      note: roll % 4 === 0 ? null : `tab\t quote' "${roll}" back\\slash, ü 水 \u{1f40e}\nline`,
      tags: ["a,b", `{${roll % 3}}`, "NULL"].slice(0, roll % 4),
      raw: { roll, list: [1, [null, true]], text: "\\N \\. ' ; --" },
      meter: { id: meter, name: `Meter ${meter.slice(1)}` },
    };
  });
}

/** What the tables of the job must hold after those days, as PostgreSQL's JSON of rows, in the order of their keys. */
export function tablesOf(days: readonly string[]): Record<string, unknown[]> {
  const readings = days.flatMap(readingsOf);
  const meters = new Map(readings.map(({ meter }) => [meter.id, meter]));
  return {
    meters: inOrder([...meters.values()]),
    readings: inOrder(readings.map(({ meter, taken_at, value, ...reading }) => ({
      ...reading,
      meter_id: meter.id,
      taken_at: taken_at.replace("Z", "+00:00"),
      value: Number(value),
    }))),
  };
}

function inOrder<T extends { id: string }>(rows: T[]): T[] {
  return rows.sort((a, b) => a.id < b.id ? -1 : 1);
}

/** FNV-1a with an additional mixing step. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const char of text) value = Math.imul(value ^ char.codePointAt(0)!, 0x01000193);
  value ^= value >>> 15;
  return Math.imul(value, 0x2c1b3c6d) >>> 8;
}

/** The job that reads it; `more` adds lines to parts of it, and letters before the names of job and tables. */
export function meterJob(
  url: string,
  more: { source?: string; stream?: string; prefix?: string } = {},
): string {
  const { prefix = "" } = more;
  return `job: ${prefix}meters
source:
  url: ${url}
  auth: { basic: { username: meter, password: "\${METER_PASSWORD}" } }
  retry: { attempts: 3, initial_wait: 20ms, max_wait: 200ms }
${more.source ?? ""}
tables:
  ${prefix}meters:
    key: id
    merge: fill
    columns: { id: text, name: text }
  ${prefix}readings:
    key: id
    references: { meter_id: ${prefix}meters.id }
    columns:
      id: text
      meter_id: text
      taken_at: timestamptz
      day: date
      count: integer
      value: numeric
      note: text
      tags: text[]
      raw: jsonb
streams:
  readings:
    request: { path: /readings, query: { from: "{from}", to: "{to}" } }
    window: day
    paging: { by: offset, offset_param: skip, size_param: limit, size: ${PAGE_SIZE} }
    total: total
    records: readings
    record_date: day
${more.stream ?? ""}
    rows:
      - { table: ${prefix}meters, columns: { id: meter.id, name: meter.name } }
      - table: ${prefix}readings
        columns:
          id: id
          meter_id: meter.id
          taken_at: taken_at
          day: day
          count: count
          value: value
          note: { path: note, trim: false }
          tags: tags
          raw: raw
`;
}
