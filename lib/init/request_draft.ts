// Owns the request of a drafted job: where each parameter goes, which are dates, which the user has to give for each run,
// and which are left out. Pure. Invariant: strings of a document are literal in it, and a credential is a variable of the
// environment, never a parameter of the job.
import { Failure } from "../failure.ts";
import type { InitAnswers } from "./answers.ts";
import { snakeCase } from "./column_name.ts";
import { knownOf, type KnownParameter } from "./known_parameter.ts";
import type { OpenApiDocument, Operation, ParameterNode } from "./openapi/document.ts";
import { type AuthDraft, isCredential } from "./propose_auth.ts";
import { type DatesDraft, isWholeDay } from "./propose_dates.ts";
import type { PagingDraft, PagingProposal } from "./propose_paging.ts";

/** Templates by the name of a parameter. */
export type Values = Readonly<Record<string, string>>;

/** A request before it is written. */
export interface RequestDraft {
  /** HTTP method. */
  readonly method: "GET" | "POST";
  /** Path, with placeholders. */
  readonly path: string;
  /** Query parameters. */
  readonly query: Values;
  /** Headers. */
  readonly headers: Values;
  /** Members of the JSON body. */
  readonly body: Values;
  /** Values the request is repeated for. */
  readonly forEach: Readonly<Record<string, { readonly param: string }>>;
  /** Parameters of the job with their descriptions. */
  readonly params: Readonly<Record<string, { readonly list?: true; readonly about: string }>>;
  /** Length of windows, or bounds. */
  readonly window: DatesDraft["window"] | undefined;
  /** Parameters of the API that the job does not send. */
  readonly unused: readonly string[];
}

const OPEN = "\u{E000}";
const CLOSE = "\u{E001}";

/** A reference to a variable of the environment; `withVariables` turns it into `${NAME}`. */
function variableMark(name: string): string {
  return `${OPEN}${name}${CLOSE}`;
}

/** A string of a draft as a job file has it: `${` of a document is literal, marked variables are references. */
export function withVariables(text: string): string {
  return text.replaceAll("${", () => "$${")
    .replace(/\u{E000}(\w+)\u{E001}/gu, (_, name: string) => `\${${name}}`);
}

/** A literal string in a template. */
function literal(text: string): string {
  return text.replace(/[\u{E000}\u{E001}]/gu, "").replace(/[{}]/g, "$&$&");
}

/** Whether the user named the parameters of dates. */
export function namesDates({ dateParam, fromParam, toParam }: InitAnswers): boolean {
  return [dateParam, fromParam, toParam].some((param) => param !== undefined);
}

/**
 * The dates that the user named; `start` without an end is not among them.
 *
 * @throws {Failure} of kind `configuration` where the start is missing.
 */
export function datesOf(answers: InitAnswers, isPaged: boolean): DatesDraft | undefined {
  const { dateParam, fromParam, toParam, dateFormat = "date", endIncluded = true } = answers;
  const format = dateFormat === "date" ? "" : `|${dateFormat}`;
  if (dateParam !== undefined) return { values: { [dateParam]: `{from${format}}` }, window: "day" };
  if (fromParam === undefined && toParam !== undefined) {
    throw new Failure("configuration", "Cannot write a job: a range of dates requires its start", {
      hint: "Pass --from-param and --to-param, or --date-param for one day",
    });
  }
  if (fromParam === undefined || toParam === undefined) return undefined;
  // The last second of a window would lose its fractions, so that only whole days end inclusively.
  const end = endIncluded && isWholeDay(format) ? "last" : "to";
  const values = { [fromParam]: `{from${format}}`, [toParam]: `{${end}${format}}` };
  return { values, window: isPaged ? { max: "365d" } : "month" };
}

/** The request of a path with dates in the query and nothing else. */
export function plainRequest(
  path: string,
  dates: DatesDraft | undefined,
  query: Values = {},
): RequestDraft {
  return {
    method: "GET",
    path,
    query: { ...query, ...dates?.values },
    headers: {},
    body: {},
    forEach: {},
    params: {},
    window: dates?.window,
    unused: [],
  };
}

/** What is decided about an operation before its request is drafted. */
export interface RequestParts {
  /** The dates. */
  readonly dates: DatesDraft | undefined;
  /** The paging. */
  readonly paging: Pick<PagingProposal, "paging" | "only">;
  /** The credentials. */
  readonly auth: AuthDraft | undefined;
  /** Name of the job, which begins the names of its variables. */
  readonly name: string;
  /** Constants in the query. */
  readonly constants: Values;
}

/** The request of an operation. */
export function requestOf(
  document: OpenApiDocument,
  { method, path, parameters }: Operation,
  { dates, paging: { paging, only }, auth, name, constants }: RequestParts,
): RequestDraft {
  const size = only === undefined ? {} : { [only.param]: String(only.size) };
  const fixed: Values = { ...size, ...constants, ...dates?.values };
  const elsewhere = sentElsewhere(paging, auth);
  const rest = knownOf(document, parameters).filter((one) =>
    !elsewhere.includes(one.name) && !isIgnored(one, auth)
  );
  const [set, open] = [
    rest.filter((one) => Object.hasOwn(fixed, one.name)),
    rest.filter((one) => !Object.hasOwn(fixed, one.name)),
  ];
  const required = open.filter((one) => one.required && one.in !== "path");
  const params = required.filter((one) => constantOf(one) === undefined && !isSecret(one));
  const valueOf = (one: KnownParameter) =>
    fixed[one.name] ?? (isSecret(one) ? variableMark(secretOf(one, name)) : undefined) ??
      constantOf(one) ?? `{params.${snakeCase(one.name)}}`;
  const sent = [...set, ...required].map((one) => [one.in, one.name, valueOf(one)] as const);
  const placed = (where: string): Values =>
    Object.fromEntries(sent.filter(([one]) => one === where).map(([, key, value]) => [key, value]));
  const inPath = open.filter((one) => one.in === "path");
  const repeated = inPath.filter((one) => !isSecret(one));
  const optional = open.filter((one) => !one.required && !isSecret(one));
  return {
    method,
    path: pathOf(path, dates?.values ?? {}, inPath, name),
    query: { ...undeclared(fixed, parameters), ...placed("query") },
    headers: placed("header"),
    body: placed("body"),
    forEach: byKey(repeated, (param) => ({ param })),
    params: byKey([...repeated, ...params], (_, one) => paramOf(one)),
    window: dates?.window,
    unused: optional.filter((one) => ["query", "body"].includes(one.in)).map(({ name }) => name),
  };
}

/** A value for each parameter, by its name in a job. */
function byKey<T>(
  parameters: readonly KnownParameter[],
  valueOf: (key: string, one: KnownParameter) => T,
): Record<string, T> {
  return Object.fromEntries(parameters.map((one) => {
    const key = snakeCase(one.name);
    return [key, valueOf(key, one)];
  }));
}

/** Names of parameters that "paging" and "auth" send. */
function sentElsewhere(paging: PagingDraft | undefined, auth: AuthDraft | undefined): unknown[] {
  const paged = Object.entries(paging ?? {}).filter(([key]) => key.endsWith("_param"));
  const held = [auth?.header, auth?.query].flatMap((one) => Object.keys(one ?? {}));
  return [...paged.map(([, param]) => param), ...held];
}

/** Whether a header is sent by Hindcast itself, or is a cookie. */
function isIgnored({ in: where, name }: ParameterNode, auth: AuthDraft | undefined): boolean {
  if (where === "cookie") return true;
  if (where !== "header") return false;
  return /^(accept|content-type|content-length|user-agent|host)$/i.test(name) ||
    /^authorization$/i.test(name) && auth !== undefined;
}

/** Whether a parameter of the path or the body is a credential; those of query and headers go under "auth". */
function isSecret(one: ParameterNode): boolean {
  return isCredential({ ...one, in: "query" }) && (one.in === "path" || one.in === "body");
}

function secretOf({ name }: ParameterNode, job: string): string {
  const word = snakeCase(name).toUpperCase();
  return `${job.toUpperCase()}_${
    /KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL/.test(word) ? word : `${word}_KEY`
  }`;
}

/** The one value that a required parameter has, or its default. */
function constantOf({ values, fallback, example, in: where }: KnownParameter): string | undefined {
  const isScalar = (value: unknown) => ["string", "number", "boolean"].includes(typeof value);
  const one = fallback ?? (values.length === 1 ? values[0] : undefined) ??
    (where === "header" ? values[0] ?? example : undefined);
  return isScalar(one) ? literal(String(one)) : undefined;
}

/** Query parameters that the document does not declare. */
function undeclared(values: Values, parameters: readonly ParameterNode[]): Values {
  const known = parameters.map(({ name }) => name);
  return Object.fromEntries(Object.entries(values).filter(([name]) => !known.includes(name)));
}

function paramOf({ name, in: where, description }: ParameterNode) {
  const about = description === "" ? `Value of ${name}.` : shortened(description);
  return where === "path" ? { list: true as const, about } : { about };
}

/** The beginning of a description, up to the end of a word. */
function shortened(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 97).replace(/\W*\s\S*$/, "")}...`;
}

function pathOf(
  path: string,
  dates: Values,
  open: readonly ParameterNode[],
  job: string,
): string {
  return path.split(/(\{[^{}]+\})/).map((part, at) => {
    if (at % 2 === 0) return literal(part);
    const name = part.slice(1, -1);
    if (Object.hasOwn(dates, name)) return dates[name]!;
    const one = open.find((parameter) => parameter.name === name);
    if (one === undefined) return literal(part);
    return isSecret(one) ? variableMark(secretOf(one, job)) : `{each.${snakeCase(name)}}`;
  }).join("");
}
