// Owns the draft of a job: what a person said or a document tells, before it is written as YAML. It is made
// of answers alone, or of answers over what an OpenAPI document or a sample proposes. Pure.
import { type InitAnswers, needed, readColumn, readPaging } from "./answers.ts";
import { snakeCase } from "./column_name.ts";
import type { OpenApiDocument, Operation } from "./openapi_document.ts";
import { shapeOfSchema } from "./openapi_shape.ts";
import { type AuthDraft, authOf, readAuth } from "./propose_auth.ts";
import { lastWord, proposeRecords, type RecordsProposal } from "./propose_records.ts";
import { proposeDates } from "./propose_dates.ts";
import { type PagingDraft, proposePaging } from "./propose_paging.ts";
import { proposeTables, type RecordHints, type TableDraft } from "./propose_tables.ts";
import { datesOf, plainRequest, type RequestDraft, requestOf, saysDates } from "./request_draft.ts";
import { areUnique } from "./sample_records.ts";
import { shapeOfValues } from "./sample_shape.ts";
import { ANY } from "./shape.ts";

export type { InitAnswers } from "./answers.ts";

/** A job before it is written. */
export interface JobDraft extends RequestDraft {
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
  /** Name of the stream. */
  readonly stream: string;
  /** How pages follow each other. */
  readonly paging: PagingDraft | undefined;
  /** Path of the total. */
  readonly total: string | undefined;
  /** Format of answers that are no JSON. */
  readonly format: Operation["format"];
  /** Where the records are. */
  readonly records: RecordsProposal["records"];
  /** Path of a record's own date. */
  readonly recordDate: string | undefined;
  /** Tables with their columns. */
  readonly tables: readonly TableDraft[];
}

/**
 * A draft from what a person said, and a sample of an answer.
 *
 * @throws {Failure} of kind `configuration` where something is lacking or cannot be read.
 */
export function draftOfAnswers(answers: InitAnswers, sample?: unknown): JobDraft {
  const path = needed(answers.path, "path", "/v1/readings");
  const url = needed(answers.url, "url", "https://api.example.com");
  const name = answers.name ?? nameOfUrl(url);
  const found = proposeRecords(sample === undefined ? ANY : shapeOfValues([sample]), path);
  const paging = answers.paging === undefined ? linkOf(found) : readPaging(answers.paging);
  const dates = datesOf(answers, paging !== undefined);
  return {
    ...common(answers, name, url),
    ...plainRequest(path, dates && { ...dates, window: answers.window ?? dates.window }),
    about: `${path} of ${url}`,
    paging,
    total: answers.total ?? (paging === undefined ? undefined : found.total),
    format: undefined,
    ...recordsOf(answers, found, path, { isUnique: areUnique(sample, found) }),
    auth: answers.auth === undefined ? undefined : readAuth(answers.auth, name),
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
  const example = `https://api.example.com${document.basePath}`;
  const url = needed(answers.url ?? document.url, "url", example);
  const name = snakeCase(answers.name ?? (document.title || nameOfUrl(url)));
  const answer = operation.answer === undefined || operation.format === "csv"
    ? ANY
    : shapeOfSchema(document, operation.answer, 0, operation.format === "ndjson");
  const found = proposeRecords(
    operation.format === "ndjson" ? { kind: "list", of: answer } : answer,
    path,
  );
  const { parameters, headers } = operation;
  const datesIf = (isPaged: boolean) =>
    saysDates(answers) ? datesOf(answers, isPaged) : proposeDates(document, parameters, isPaged);
  // A date is no page, though "from" and "start" may be either.
  const dated = Object.keys(datesIf(false)?.values ?? {});
  const undated = parameters.filter(({ name }) => !dated.includes(name));
  const paging = answers.paging === undefined
    ? proposePaging(document, undated, found, headers)
    : readPaging(answers.paging);
  const total = answers.total ?? found.total;
  const dates = datesIf(paging !== undefined || total !== undefined);
  const request = requestOf(operation, dates, paging);
  return {
    ...common(answers, name, url),
    ...request,
    window: dates === undefined ? undefined : answers.window ?? dates.window,
    about: operation.summary || `${path} of ${url}`,
    paging,
    total,
    format: operation.format,
    ...recordsOf(answers, found, path, { each: Object.keys(request.forEach) }),
    auth: answers.auth === undefined
      ? authOf(operation.security, name)
      : readAuth(answers.auth, name),
  };
}

/** Of an answer that was saved, the one kind of paging that needs no parameter. */
function linkOf({ link }: RecordsProposal): PagingDraft | undefined {
  return link === undefined ? undefined : { by: "next_link", link };
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

function nameOfUrl(url: string): string {
  const host = URL.canParse(url) ? new URL(url).hostname : "";
  return snakeCase(
    host.split(".").filter((part) => !/^(api|www|com|org|net|gov|io)$/.test(part))[0] ?? "job",
  );
}

function recordsOf(
  answers: InitAnswers,
  found: RecordsProposal,
  path: string,
  hints: RecordHints,
) {
  const word = snakeCase(found.word || lastWord(path) || "records");
  const given = { given: answers.key ?? [], keys: found.keys };
  const [table, ...children] = proposeTables(found.record, word, { ...hints, ...given });
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
