// Owns the draft of a job: what a person said or a document tells, before it is written as YAML. It is made
// of answers alone, or of answers over what an OpenAPI document or a sample proposes. Pure.
import { Failure } from "../report/failure.ts";
import { snakeCase } from "./column_name.ts";
import type {
  OpenApiDocument,
  Operation,
  ParameterNode,
  SecurityNode,
} from "./openapi_document.ts";
import { nodeOf, textOf } from "./openapi_document.ts";
import { shapeOfSchema } from "./openapi_shape.ts";
import { lastWord, proposeRecords, type RecordsProposal } from "./propose_records.ts";
import { type PagingDraft, proposeDates, proposePaging } from "./propose_request.ts";
import { proposeTables, type TableDraft } from "./propose_tables.ts";
import { ANY, type Shape } from "./shape.ts";

/** What a person said; what is undefined is proposed or left out. */
export interface InitAnswers {
  /** Name of the job. */
  readonly name?: string | undefined;
  /** Base URL of the API. */
  readonly url?: string | undefined;
  /** Path below it. */
  readonly path?: string | undefined;
  /** Parameter that takes one day. */
  readonly dateParam?: string | undefined;
  /** Parameters that take the first and the last moment. */
  readonly fromParam?: string | undefined;
  /** See `fromParam`. */
  readonly toParam?: string | undefined;
  /** Format of dates in requests. */
  readonly dateFormat?: string | undefined;
  /** Whether the end is part of what is asked for. */
  readonly endIncluded?: boolean | undefined;
  /** Length of windows. */
  readonly window?: string | undefined;
  /** First date there is. */
  readonly start?: string | undefined;
  /** Time zone of the dates. */
  readonly timeZone?: string | undefined;
  /** Path of the records. */
  readonly records?: string | undefined;
  /** Fields that identify a record. */
  readonly key?: readonly string[] | undefined;
  /** Fields and their types, such as `value:numeric`. */
  readonly columns?: readonly string[] | undefined;
  /** Path of the total. */
  readonly total?: string | undefined;
  /** `offset:skip:limit:100`, `page:page:per_page:100`, `cursor:meta.next:cursor`, `next_link:next`, `link_header`. */
  readonly paging?: string | undefined;
  /** `none`, `basic`, `bearer`, `header:X-Api-Key` or `query:api_key`. */
  readonly auth?: string | undefined;
  /** Allowed rate. */
  readonly limit?: string | undefined;
}

/** How requests prove who asks, as a job file has it. */
export type AuthDraft = Readonly<Record<string, unknown>>;

/** A job before it is written. */
export interface JobDraft {
  /** Name of the job. */
  readonly name: string;
  /** A sentence about it. */
  readonly about: string;
  /** Base URL of the source. */
  readonly url: string;
  /** Time zone of the dates. */
  readonly timeZone: string | undefined;
  /** First date there is. */
  readonly start: string | undefined;
  /** How requests prove who asks. */
  readonly auth: AuthDraft | undefined;
  /** Allowed rate. */
  readonly limit: string | undefined;
  /** Parameters of the job with what they are about. */
  readonly params: Readonly<Record<string, { readonly list: boolean; readonly about: string }>>;
  /** Name of the stream. */
  readonly stream: string;
  /** HTTP method. */
  readonly method: "GET" | "POST";
  /** Path of the request. */
  readonly path: string;
  /** Query parameters, with placeholders. */
  readonly query: Readonly<Record<string, string | number | boolean>>;
  /** Values the request is repeated for. */
  readonly forEach: Readonly<Record<string, { readonly param: string }>>;
  /** Length of windows, or bounds. */
  readonly window: string | Readonly<Record<string, string>> | undefined;
  /** How pages follow each other. */
  readonly paging: PagingDraft | undefined;
  /** Path of the total. */
  readonly total: string | undefined;
  /** Where the records are. */
  readonly records: RecordsProposal["records"];
  /** Path of a record's own date. */
  readonly recordDate: string | undefined;
  /** Tables with their columns. */
  readonly tables: readonly TableDraft[];
  /** Parameters of the source that the job does not send. */
  readonly unused: readonly string[];
}

/**
 * A draft from what a person said.
 *
 * @throws {Failure} of kind `configuration` where something is lacking or cannot be read.
 */
export function draftOfAnswers(answers: InitAnswers, sample: Shape = ANY): JobDraft {
  const path = needed(answers.path, "path", "/v1/readings");
  const url = needed(answers.url, "url", "https://api.example.com");
  const name = answers.name ?? nameOfUrl(url);
  const found = proposeRecords(sample, path);
  const paging = answers.paging === undefined ? undefined : readPaging(answers.paging);
  return {
    ...common(answers, name, url),
    about: `${path} of ${url}`,
    params: {},
    method: "GET",
    path,
    forEach: {},
    ...datesOf(answers, paging !== undefined),
    paging,
    total: answers.total ?? (paging === undefined ? undefined : found.total),
    ...recordsOf(answers, found, path),
    auth: answers.auth === undefined ? undefined : readAuth(answers.auth, name),
    unused: [],
  };
}

/**
 * A draft from an OpenAPI document; what a person said wins over it.
 *
 * @throws {Failure} of kind `configuration` where something is lacking or cannot be read.
 */
export function draftOfOpenApi(document: OpenApiDocument, answers: InitAnswers): JobDraft {
  const path = needed(answers.path, "path", document.operations[0]?.replace(/^\w+ /, "") ?? "/");
  const operation = document.operation(path);
  const url = needed(answers.url ?? document.url, "url", "https://api.example.com");
  const name = snakeCase(answers.name ?? (document.title || nameOfUrl(url)));
  const answer = operation.answer === undefined ? ANY : shapeOfSchema(document, operation.answer);
  const found = proposeRecords(answer, path);
  const { parameters, headers } = operation;
  const paging = answers.paging === undefined
    ? proposePaging(document, parameters, found, headers)
    : readPaging(answers.paging);
  const total = answers.total ?? found.total;
  const dates = saysDates(answers) ? datesOf(answers, paging !== undefined) : withWindow(
    proposeDates(document, parameters, paging !== undefined || total !== undefined),
    answers,
  );
  const asked = requiredOf(parameters, [
    ...Object.keys(dates.query),
    ...Object.values(paging ?? {}),
  ]);
  return {
    ...common(answers, name, url),
    about: operation.summary || `${path} of ${url}`,
    ...asked,
    query: { ...dates.query, ...asked.query },
    method: operation.method,
    path: placeholders(path, parameters),
    window: dates.window,
    paging,
    total,
    ...recordsOf(answers, found, path),
    auth: answers.auth === undefined
      ? authOf(operation.security, name)
      : readAuth(answers.auth, name),
    unused: unusedOf(operation, [
      ...Object.keys({ ...dates.query, ...asked.query }),
      ...Object.values(paging ?? {}),
    ]),
  };
}

function common(answers: InitAnswers, name: string, url: string) {
  return {
    name: snakeCase(name),
    url: url.replace(/\/+$/, ""),
    timeZone: answers.timeZone,
    start: answers.start,
    limit: answers.limit,
  };
}

function needed(given: string | undefined, flag: string, example: string): string {
  if (given !== undefined && given !== "") return given;
  throw new Failure("configuration", `Cannot write a job: --${flag} is not given`, {
    hint: `Give --${flag}, such as --${flag} ${example}, or answer the questions on a terminal`,
  });
}

function nameOfUrl(url: string): string {
  const host = URL.canParse(url) ? new URL(url).hostname : "";
  return snakeCase(
    host.split(".").filter((part) => !/^(api|www|com|org|net|gov|io)$/.test(part))[0] ?? "job",
  );
}

function saysDates({ dateParam, fromParam, toParam }: InitAnswers): boolean {
  return [dateParam, fromParam, toParam].some((param) => param !== undefined);
}

function datesOf(answers: InitAnswers, isPaged: boolean): Pick<JobDraft, "query" | "window"> {
  const { dateParam, fromParam, toParam, dateFormat = "date", endIncluded = true } = answers;
  const format = dateFormat === "date" ? "" : `|${dateFormat}`;
  if (dateParam !== undefined) {
    return { query: { [dateParam]: `{from${format}}` }, window: answers.window ?? "day" };
  }
  if ((fromParam === undefined) !== (toParam === undefined)) {
    throw new Failure("configuration", "Cannot write a job: a range of dates needs both its ends", {
      hint: "Give --from-param and --to-param, or --date-param for one day",
    });
  }
  if (fromParam === undefined || toParam === undefined) return { query: {}, window: undefined };
  const end = endIncluded ? "last" : "to";
  const query = { [fromParam]: `{from${format}}`, [toParam]: `{${end}${format}}` };
  return { query, window: answers.window ?? (isPaged ? { max: "365d" } : "month") };
}

function withWindow(
  dates: ReturnType<typeof proposeDates>,
  { window }: InitAnswers,
): Pick<JobDraft, "query" | "window"> {
  if (dates === undefined) return { query: {}, window: undefined };
  return { query: dates.query, window: window ?? dates.window };
}

function recordsOf(answers: InitAnswers, found: RecordsProposal, path: string) {
  const word = snakeCase(found.word || lastWord(path) || "records");
  const given = answers.key ?? [];
  const [table, ...children] = proposeTables(found.record, word, given);
  const columns = answers.columns?.map(readColumn);
  const own = columns === undefined ? table! : withColumns(table!, columns);
  const records = answers.records ?? found.records;
  return {
    stream: word,
    records,
    recordDate: typeof records === "string" ? dateIn(own) : undefined,
    tables: columns === undefined ? [own, ...children] : [own],
  };
}

/** Path of the date that a record is of. */
function dateIn({ columns }: TableDraft): string | undefined {
  const date = columns.find(({ name, type }) => name === "date" && type === "date");
  return typeof date?.value === "string" ? date.value : undefined;
}

/** The table with the columns that a person named, those of its key first. */
function withColumns(table: TableDraft, columns: TableDraft["columns"]): TableDraft {
  const names = columns.map(({ name }) => name);
  const key = table.columns.filter(({ name }) => table.key.includes(name) && !names.includes(name));
  return { ...table, columns: [...key, ...columns] };
}

function readColumn(text: string): TableDraft["columns"][number] {
  const [field = "", type = "text"] = text.split(":");
  return {
    name: snakeCase(field),
    type: type as TableDraft["columns"][number]["type"],
    value: field,
  };
}

/** Parameters without which a request is refused become parameters of the job. */
function requiredOf(
  parameters: readonly ParameterNode[],
  known: readonly (string | number)[],
): Pick<JobDraft, "params" | "query" | "forEach"> {
  const params: Record<string, { list: boolean; about: string }> = {};
  const query: Record<string, string> = {};
  const forEach: Record<string, { param: string }> = {};
  for (const parameter of parameters) {
    const { name, in: where, required, description } = parameter;
    if (known.includes(name) || where !== "path" && !(where === "query" && required)) continue;
    const own = snakeCase(name);
    const about = description === "" ? `Value of ${name}.` : plainText(description).slice(0, 100);
    params[own] = { list: where === "path", about };
    if (where === "path") forEach[own] = { param: own };
    else query[name] = `{params.${own}}`;
  }
  return { params, query, forEach };
}

function placeholders(path: string, parameters: readonly ParameterNode[]): string {
  const names = parameters.filter((parameter) => parameter.in === "path").map(({ name }) => name);
  return path.replace(
    /\{([^{}]+)\}/g,
    (text, name: string) => names.includes(name) ? `{each.${snakeCase(name)}}` : text,
  );
}

function unusedOf({ parameters }: Operation, known: readonly (string | number)[]): string[] {
  return parameters.filter(({ name, in: where }) => where === "query" && !known.includes(name))
    .map(({ name }) => name);
}

function plainText(html: string): string {
  return html.replace(/<[^>]*>/g, "").replace(/\s+/g, " ").trim();
}

/** How the first ways of proving who asks are said in a job. */
function authOf(security: readonly SecurityNode[], name: string): AuthDraft | undefined {
  const auth: Record<string, unknown> = {};
  for (const scheme of security) {
    const type = textOf(scheme.type);
    const kind = textOf(scheme.scheme).toLowerCase();
    const variable = name.toUpperCase();
    if (type === "basic" || type === "http" && kind === "basic") {
      Object.assign(auth, basic(variable));
    } else if (type === "apiKey" && scheme.in === "cookie") continue;
    else if (type === "apiKey") {
      auth[textOf(scheme.in)] = { [textOf(scheme.name)]: `\${${variable}_API_KEY}` };
    } else if (type === "oauth2") Object.assign(auth, oauth2(scheme, variable));
    else if (type !== "") auth.bearer = `\${${variable}_TOKEN}`;
  }
  return Object.keys(auth).length === 0 ? undefined : auth;
}

function basic(variable: string): AuthDraft {
  return {
    basic: { username: `\${${variable}_USERNAME}`, password: `\${${variable}_PASSWORD}` },
  };
}

function oauth2(scheme: SecurityNode, variable: string): AuthDraft {
  const flow = nodeOf(nodeOf(scheme.flows).clientCredentials);
  const tokenUrl = textOf(flow.tokenUrl) ||
    (scheme.flow === "application" ? textOf(scheme.tokenUrl) : "");
  if (!URL.canParse(tokenUrl)) return { bearer: `\${${variable}_TOKEN}` };
  return {
    oauth2: {
      token_url: tokenUrl,
      client_id: `\${${variable}_CLIENT_ID}`,
      client_secret: `\${${variable}_CLIENT_SECRET}`,
    },
  };
}

/**
 * Reads `none`, `basic`, `bearer`, `header:NAME` or `query:NAME`.
 *
 * @throws {Failure} of kind `configuration` where it is none of them.
 */
export function readAuth(text: string, name: string): AuthDraft | undefined {
  const [kind = "", where = ""] = text.split(":");
  const variable = snakeCase(name).toUpperCase();
  if (kind === "none") return undefined;
  if (kind === "basic") return basic(variable);
  if (kind === "bearer") return { bearer: `\${${variable}_TOKEN}` };
  if ((kind === "header" || kind === "query") && where !== "") {
    return { [kind]: { [where]: `\${${variable}_API_KEY}` } };
  }
  throw new Failure("configuration", `Cannot write a job: there is no --auth "${text}"`, {
    hint: "Say none, basic, bearer, header:X-Api-Key or query:api_key",
  });
}

/**
 * Reads `offset:skip:limit:100` and the like.
 *
 * @throws {Failure} of kind `configuration` where it is none of them.
 */
export function readPaging(text: string): PagingDraft | undefined {
  const [by = "", ...rest] = text.split(":");
  const sized = (param = "", size = "100") =>
    param === "" ? { size: Number(size) } : { size_param: param, size: Number(size) };
  const [first = "", second, third] = rest;
  if (by === "none") return undefined;
  if (by === "offset" && first !== "") return { by, offset_param: first, ...sized(second, third) };
  if (by === "page" && first !== "") return { by, page_param: first, ...sized(second, third) };
  if (by === "cursor" && second !== undefined) return { by, cursor: first, cursor_param: second };
  if (by === "next_link" && first !== "") return { by, link: first };
  if (by === "link_header") return { by, ...first === "" ? {} : sized(first, second) };
  throw new Failure("configuration", `Cannot write a job: there is no --paging "${text}"`, {
    hint: "Say offset:skip:limit:100, page:page:per_page:100, cursor:meta.next:cursor, " +
      "next_link:links.next, link_header or none",
  });
}
