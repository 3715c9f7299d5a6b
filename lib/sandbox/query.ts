/**
 * Reads query parameters as the API's framework does and words its errors the same way. It collects all errors of a
 * request instead of stopping at the first.
 *
 * @module
 */

import { dateOf, dayOf } from "./world/calendar.ts";

/** One error in the list of a 422 response. */
export interface Complaint {
  /** Kind of error. */
  readonly type: string;
  /** Where: `["query", "limit"]`. */
  readonly loc: readonly string[];
  /** A sentence. */
  readonly msg: string;
  /** What was sent. */
  readonly input: string;
  /** The bound that was violated. */
  readonly ctx?: Readonly<Record<string, number | string>>;
}

/** The parameters of one request. */
export class Query {
  /** The errors so far. */
  readonly complaints: Complaint[] = [];
  readonly #params: URLSearchParams;

  /** Reads from a URL's parameters. */
  constructor(params: URLSearchParams) {
    this.#params = params;
  }

  /** The parameters as sent, for the `query` field of responses. */
  pairs(): [string, string][] {
    return [...this.#params];
  }

  /** All values of a repeated parameter, in lower case; empty if it is absent. */
  list(name: string): string[] {
    return this.#params.getAll(name).map((value) => value.toLowerCase());
  }

  /** One value as sent. */
  text(name: string): string | undefined {
    return this.#params.get(name) ?? undefined;
  }

  /** An integer from `least` to `most`; `absent` if it is not sent. */
  integer(
    name: string,
    { absent, least, most }: { absent: number; least: number; most: number },
  ): number {
    const input = this.#params.get(name);
    if (input === null) return absent;
    const value = /^[+-]?\d{1,15}$/.test(input.trim()) ? Number(input) : NaN;
    if (Number.isNaN(value)) {
      const msg = "Input should be a valid integer, unable to parse string as an integer";
      this.complain(name, input, "int_parsing", msg);
    } else if (value > most) {
      this.#bound(name, input, "less_than_equal", "less", { le: most });
    } else if (value < least) {
      this.#bound(name, input, "greater_than_equal", "greater", { ge: least });
    }
    return value;
  }

  /** A date as a day; `absent` if it is not sent or wrong. */
  day(name: string, absent: number): number {
    const input = this.#params.get(name);
    if (input === null) return absent;
    const day = dayOf(input);
    if (day === undefined) {
      const msg = "Input should be a valid date in the format YYYY-MM-DD";
      this.complain(name, input, "date_parsing", msg);
    }
    return day ?? absent;
  }

  /** Records that a parameter is wrong. */
  complain(name: string, input: string, type: string, msg: string): void {
    this.complaints.push({ type, loc: ["query", name], msg, input });
  }

  #bound(
    name: string,
    input: string,
    type: string,
    than: string,
    ctx: Readonly<Record<string, number>>,
  ): void {
    const msg = `Input should be ${than} than or equal to ${Object.values(ctx)[0]}`;
    this.complaints.push({ type, loc: ["query", name], msg, input, ctx });
  }
}

/** Days from `start_date` to `end_date`, both included, as `/v1/results` reads them. */
export interface DayRange {
  /** First day. */
  readonly from: number;
  /** Last day. */
  readonly to: number;
}

const firstResultDay = dayOf("1988-01-01")!;
const mostDaysApart = 365;

/** Reads the range of dates of a results request; `today` bounds what is not sent. */
export function dayRange(query: Query, today: number): DayRange {
  const to = query.day("end_date", today);
  const from = query.day("start_date", to - mostDaysApart);
  if (query.complaints.length > 0) return { from, to };
  const problem = rangeProblem(from, to);
  if (problem) query.complain("start_date", query.text("start_date") ?? "", "value_error", problem);
  return { from, to };
}

function rangeProblem(from: number, to: number): string | undefined {
  if (from < firstResultDay) return `Value error, start_date is before ${dateOf(firstResultDay)}`;
  if (from > to) return "Value error, start_date is after end_date";
  if (to - from > mostDaysApart) {
    return `Value error, the range between start_date and end_date is over ${mostDaysApart} days`;
  }
  return undefined;
}
