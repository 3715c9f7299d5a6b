// Owns the request of a drafted job: where each parameter goes, which are dates, which a person has to give
// with each run, and which are left out. Pure.
import { Failure } from "../failure.ts";
import type { InitAnswers } from "./answers.ts";
import { snakeCase } from "./column_name.ts";
import type { Operation, ParameterNode } from "./openapi_document.ts";
import type { DatesDraft } from "./propose_dates.ts";
import type { PagingDraft } from "./propose_paging.ts";

/** Values by the name of a parameter, with placeholders. */
export type Values = Readonly<Record<string, string>>;

/** A request before it is written. */
export interface RequestDraft {
  /** HTTP method. */
  readonly method: "GET" | "POST";
  /** Path, with placeholders. */
  readonly path: string;
  /** Query parameters. */
  readonly query: Values;
  /** Members of the JSON body. */
  readonly body: Values;
  /** Values the request is repeated for. */
  readonly forEach: Readonly<Record<string, { readonly param: string }>>;
  /** Parameters of the job with what they are about. */
  readonly params: Readonly<Record<string, { readonly list?: true; readonly about: string }>>;
  /** Length of windows, or bounds. */
  readonly window: DatesDraft["window"] | undefined;
  /** Parameters of the source that the job does not send. */
  readonly unused: readonly string[];
}

/** Whether a person said which parameters are dates. */
export function saysDates({ dateParam, fromParam, toParam }: InitAnswers): boolean {
  return [dateParam, fromParam, toParam].some((param) => param !== undefined);
}

/**
 * The dates that a person said.
 *
 * @throws {Failure} of kind `configuration` where an end is lacking.
 */
export function datesOf(answers: InitAnswers, isPaged: boolean): DatesDraft | undefined {
  const { dateParam, fromParam, toParam, dateFormat = "date", endIncluded = true } = answers;
  const format = dateFormat === "date" ? "" : `|${dateFormat}`;
  if (dateParam !== undefined) return { values: { [dateParam]: `{from${format}}` }, window: "day" };
  if ((fromParam === undefined) !== (toParam === undefined)) {
    throw new Failure("configuration", "Cannot write a job: a range of dates needs both its ends", {
      hint: "Give --from-param and --to-param, or --date-param for one day",
    });
  }
  if (fromParam === undefined || toParam === undefined) return undefined;
  const end = endIncluded ? "last" : "to";
  const values = { [fromParam]: `{from${format}}`, [toParam]: `{${end}${format}}` };
  return { values, window: isPaged ? { max: "365d" } : "month" };
}

/** The request of a path that is asked with dates in the query and nothing else. */
export function plainRequest(path: string, dates: DatesDraft | undefined): RequestDraft {
  return {
    method: "GET",
    path,
    query: dates?.values ?? {},
    body: {},
    forEach: {},
    params: {},
    window: dates?.window,
    unused: [],
  };
}

/** The request of an operation. */
export function requestOf(
  { method, path, parameters }: Operation,
  dates: DatesDraft | undefined,
  paging: PagingDraft | undefined,
): RequestDraft {
  const paged = Object.entries(paging ?? {}).filter(([key]) => key.endsWith("_param"))
    .map(([, name]) => name);
  const rest = parameters.filter(({ name }) => !paged.includes(name));
  const [dated, undated] = [
    rest.filter(({ name }) => Object.hasOwn(dates?.values ?? {}, name)),
    rest.filter(({ name }) => !Object.hasOwn(dates?.values ?? {}, name)),
  ];
  const asked = undated.filter(isAsked);
  const placed = (where: string): Values => ({
    ...valuesOf(dated.filter((one) => one.in === where), ({ name }) => dates!.values[name]!),
    ...valuesOf(
      asked.filter((one) => one.in === where),
      ({ name }) => `{params.${snakeCase(name)}}`,
    ),
  });
  const repeated = undated.filter((one) => one.in === "path");
  const spoken = dates === undefined ? {} : spokenOnly(dates.values, parameters);
  return {
    method,
    path: pathOf(path, dates?.values ?? {}, repeated),
    query: { ...spoken, ...placed("query") },
    body: placed("body"),
    forEach: Object.fromEntries(
      repeated.map(({ name }) => [snakeCase(name), { param: snakeCase(name) }]),
    ),
    params: Object.fromEntries(
      [...repeated, ...asked].map((one) => [snakeCase(one.name), paramOf(one)]),
    ),
    window: dates?.window,
    unused: undated.filter((one) => !isAsked(one) && ["query", "body"].includes(one.in))
      .map(({ name }) => name),
  };
}

/** Whether a request is refused without a parameter that has one value. */
function isAsked({ in: where, required }: ParameterNode): boolean {
  return required && (where === "query" || where === "body");
}

function valuesOf(
  parameters: readonly ParameterNode[],
  value: (parameter: ParameterNode) => string,
): Values {
  return Object.fromEntries(parameters.map((one) => [one.name, value(one)]));
}

/** Dates that a person named and the document does not know go into the query. */
function spokenOnly(values: Values, parameters: readonly ParameterNode[]): Values {
  const known = parameters.map(({ name }) => name);
  return Object.fromEntries(Object.entries(values).filter(([name]) => !known.includes(name)));
}

function paramOf({ name, in: where, description }: ParameterNode) {
  const about = description === "" ? `Value of ${name}.` : plainText(description).slice(0, 100);
  return where === "path" ? { list: true as const, about } : { about };
}

function pathOf(path: string, dates: Values, repeated: readonly ParameterNode[]): string {
  const names = repeated.map(({ name }) => name);
  return path.replace(/\{([^{}]+)\}/g, (text, name: string) => {
    if (Object.hasOwn(dates, name)) return dates[name]!;
    return names.includes(name) ? `{each.${snakeCase(name)}}` : text;
  });
}

function plainText(html: string): string {
  return html.replace(/<[^>]*>/g, "").replace(/\s+/g, " ").trim();
}
