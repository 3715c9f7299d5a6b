// Owns the forecast: how many windows, requests and rows a stream has and how long they take at the allowed
// rate, before any request is sent. It computes from dates, from what runs have measured and, until then,
// from what the job file declares to expect. docs/estimates.md is computed with it.
import type { Stream } from "../config/schema/job_schema.ts";
import { type LimitedRequests, type LimitsUse, secondsUnder } from "./time/quota_seconds.ts";
import type { Rate } from "./time/rate.ts";
import { MINUTES_PER_DAY } from "./time/civil.ts";
import {
  type Extent,
  mayTakeMore,
  orderCount,
  requestCount,
  windowCount,
} from "./request_forecast.ts";

/** Sums of what runs have measured. */
export interface Measured {
  /** Windows; a stream without windows counts its fetches. */
  readonly windows: number;
  /** Responses read completely. */
  readonly pages: number;
  /** Records on them. */
  readonly records: number;
  /** Rows created from them, over all tables. */
  readonly rows: number;
  /** Civil minutes the windows covered. */
  readonly minutes: number;
  /** Milliseconds from a request to the end of its response, over all pages. */
  readonly answerMs: number;
}

/** Windows, requests and rows of one stream: in total, and those left. */
export interface StreamForecast {
  /** Windows of the range. */
  readonly windows: number;
  /** Requests for all of them. */
  readonly requests: number;
  /** Rows of all tables to expect. */
  readonly rows: number;
  /** Windows that are done and final. */
  readonly done: number;
  /** Windows that are left. */
  readonly left: number;
  /** Requests for those. */
  readonly requestsLeft: number;
  /** Rows of those. */
  readonly rowsLeft: number;
  /** Civil minutes that are left; 0 for a stream without windows. */
  readonly minutesLeft: number;
  /** Milliseconds from a request to the end of its response; undefined before the first. */
  readonly answerMs: number | undefined;
  /** Whether more requests may be left than forecast, because the number of records is unknown. */
  readonly isLeast: boolean;
}

/** Number of measured windows above which their means replace the job file's values. */
const WINDOWS_TO_TRUST = 3;

/** Forecasts a stream from the extents that are done and left. */
export function forecastStream(
  stream: Stream,
  done: Extent,
  left: Extent,
  measured: Measured | undefined,
): StreamForecast {
  const trusted = trust(measured);
  const a = extentForecast(stream, done, trusted);
  const b = extentForecast(stream, left, trusted);
  return {
    windows: a.windows + b.windows,
    requests: a.requests + b.requests,
    rows: a.rows + b.rows,
    done: a.windows,
    left: b.windows,
    requestsLeft: b.requests,
    rowsLeft: b.rows,
    minutesLeft: left.minutes,
    answerMs: measured === undefined || measured.pages === 0
      ? undefined
      : measured.answerMs / measured.pages,
    isLeast: b.windows > 0 && mayTakeMore(stream, trusted !== undefined),
  };
}

function extentForecast(
  stream: Stream,
  extent: Extent,
  measured: Measured | undefined,
): { windows: number; requests: number; rows: number } {
  if (stream.values !== undefined) {
    const windows = extent.windows;
    return { windows, requests: 0, rows: windows * stream.values.length * mappings(stream) };
  }
  if (stream.window === undefined) {
    const records = measured === undefined ? 1 : measured.records / measured.windows;
    const pages = measured === undefined ? 1 : measured.pages / measured.windows;
    return {
      windows: extent.windows,
      requests: Math.ceil(extent.windows * pages) + orderCount(stream, extent.windows),
      rows: Math.round(extent.windows * records * rowsPerRecord(stream, measured)),
    };
  }
  if (extent.minutes === 0) return { windows: 0, requests: 0, rows: 0 };
  const density = recordsPerMinute(stream, measured);
  const windows = windowCount(stream, extent, density);
  const records = (density ?? 0) * extent.minutes;
  return {
    windows,
    requests: requestCount(stream, windows, records / windows),
    rows: Math.round(records * rowsPerRecord(stream, measured)),
  };
}

/** What runs have measured, once that is enough. */
function trust(measured: Measured | undefined): Measured | undefined {
  return measured !== undefined && measured.windows >= WINDOWS_TO_TRUST ? measured : undefined;
}

/** Expected records per civil minute: as measured, else as declared in the job file, else undefined. */
export function expectedRecordsPerMinute(
  stream: Stream,
  measured: Measured | undefined,
): number | undefined {
  return recordsPerMinute(stream, trust(measured));
}

function recordsPerMinute(stream: Stream, measured: Measured | undefined): number | undefined {
  if (measured !== undefined && measured.minutes > 0) return measured.records / measured.minutes;
  const perDay = stream.forecast?.records_per_day;
  return perDay === undefined ? undefined : perDay / MINUTES_PER_DAY;
}

function rowsPerRecord(stream: Stream, measured: Measured | undefined): number {
  if (measured !== undefined && measured.records > 0) return measured.rows / measured.records;
  return stream.forecast?.rows_per_record ?? mappings(stream);
}

function mappings(stream: Stream): number {
  return stream.rows.length;
}

/** Requests per second that all rates allow; undefined without rates. */
export function tightest(rates: readonly Rate[]): number | undefined {
  if (rates.length === 0) return undefined;
  return Math.min(...rates.map((rate) => rate.requests * 1000 / rate.intervalMs));
}

/** Mean response time assumed before the first response, for streams without a rate. */
const ASSUMED_ANSWER_MS = 500;

/** Requests of one stream and the rates of that stream. */
export interface StreamRequests extends LimitedRequests {
  /** Mean response time; undefined before the first response. */
  readonly answerMs: number | undefined;
}

/** The limits of an API. */
export interface ApiLimits {
  /** Limits over all streams. */
  readonly rates: readonly Rate[];
  /** Whether the API accepts all requests of an interval at once. Defaults to false. */
  readonly burst?: boolean;
  /** Maximum number of concurrent requests. */
  readonly concurrency: number;
}

/**
 * Seconds that streams take side by side: as long as the tightest limit requires, either the API's limit
 * over all of them or a stream's own. Latency counts only where no limit is declared.
 */
export function secondsOf(
  streams: readonly StreamRequests[],
  { rates, burst, concurrency }: ApiLimits,
  use?: LimitsUse,
): number {
  const requests = streams.reduce((sum, stream) => sum + stream.requests, 0);
  const bounds = [secondsUnder({ rates, burst, requests }, use)];
  for (const stream of streams) {
    const isBound = stream.rates.length + rates.length > 0;
    const answerMs = stream.answerMs ?? ASSUMED_ANSWER_MS;
    bounds.push(
      isBound ? secondsUnder(stream, use) : stream.requests * answerMs / 1000 / concurrency,
    );
  }
  return Math.max(...bounds);
}
