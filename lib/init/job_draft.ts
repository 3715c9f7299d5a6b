// Owns the draft of a job before it is written as YAML: the user's answers, alone or over what an OpenAPI document or a
// sample proposes. Pure. Invariant: the user's answers win over every proposal, and each guess is listed.
import { type InitAnswers, readPaging, required } from "./answers.ts";
import { snakeCase } from "./column_name.ts";
import { findOperation, listOperations, pathOf } from "./find_operation.ts";
import type { OpenApiDocument, Operation } from "./openapi/document.ts";
import { shapeOfSchema } from "./openapi_shape.ts";
import { type AuthDraft, authOf, readAuth } from "./propose_auth.ts";
import { proposeRecords, type RecordsProposal } from "./propose_records.ts";
import { proposeDates, proposeStart, type StartDraft } from "./propose_dates.ts";
import { type PagingDraft, proposePaging } from "./propose_paging.ts";
import { pagingOfSample } from "./sample_paging.ts";
import {
  datesOf,
  namesDates,
  plainRequest,
  type RequestDraft,
  requestOf,
  type Values,
} from "./request_draft.ts";
import { areUnique, recordsIn, type Sample } from "./read_sample.ts";
import { recordsOfSample } from "./sample_shape.ts";
import { ANY, type Shape } from "./shape.ts";
import { guessesOf, notesOf } from "./draft_notes.ts";
import { type RecordsDraft, recordsOf } from "./records_draft.ts";
import { statedLimits } from "./stated_limit.ts";

export type { InitAnswers } from "./answers.ts";

/** A job before it is written. */
export interface JobDraft extends RequestDraft, RecordsDraft {
  /** Name of the job. */
  readonly name: string;
  /** A sentence about it. */
  readonly about: string;
  /** Base URL of the API. */
  readonly url: string;
  /** Time zone of the dates. */
  readonly timeZone: string | undefined;
  /** First date with data. */
  readonly start: string | undefined;
  /** Credentials. */
  readonly auth: AuthDraft | undefined;
  /** Allowed rates. */
  readonly limits: readonly string[];
  /** How pages follow each other. */
  readonly paging: PagingDraft | undefined;
  /** Path of the total. */
  readonly total: string | undefined;
  /** Number of records of a response that may be incomplete. */
  readonly maxRecords: number | undefined;
  /** Format of responses other than JSON, as keys of the stream. */
  readonly form: Sample["form"];
  /** What is a guess, by the key of the stream that it concerns. */
  readonly guesses: Readonly<Record<string, string>>;
  /** What the user should know about the whole draft. */
  readonly notes: readonly string[];
}

/** Records of a sample from which on a round number may be a page of more. */
const FEWEST_OF_A_PAGE = 10;

/**
 * A draft from the user's answers and a sample of a response.
 *
 * @throws {Failure} of kind `configuration` where an answer is missing or cannot be read.
 */
export function draftOfAnswers(answers: InitAnswers, sample?: Sample): JobDraft {
  const path = required(answers.path, "path", "/v1/readings");
  const url = required(answers.url, "url", "https://api.example.com");
  const name = answers.name ?? nameOfUrl(url);
  const found = recordsOfSample(sample, path);
  const inner = recordsIn(sample?.body, answers.records ?? found.records);
  const proposed = answers.paging === undefined
    ? pagingOfSample(found, inner.length)
    : { paging: readPaging(answers.paging), guesses: [], signs: [] };
  const { paging } = proposed;
  const dates = datesOf(answers, paging !== undefined);
  const start = startOf(answers);
  const isOpen = answers.paging === undefined && paging === undefined && found.total === undefined;
  const maxRecords = isOpen && isRound(inner.length) ? inner.length : undefined;
  return {
    ...common(answers, name, url, []),
    ...plainRequest(
      path,
      dates && { ...dates, window: answers.window ?? dates.window },
      constantOf(start, answers.start),
    ),
    about: `${path} of ${url}`,
    paging,
    total: answers.total ?? found.total,
    maxRecords,
    form: sample?.form ?? {},
    ...recordsOf(answers, found, path, { isUnique: areUnique(inner) }),
    auth: answers.auth === undefined ? undefined : readAuth(answers.auth, name),
    guesses: guessesOf(proposed, maxRecords),
    notes: notesOf({ signs: proposed.signs, start: start?.name }),
  };
}

/**
 * A draft from an OpenAPI document; the user's answers win over it.
 *
 * @throws {Failure} of kind `configuration` where an answer is missing or cannot be read.
 */
export function draftOfOpenApi(document: OpenApiDocument, answers: InitAnswers): JobDraft {
  const [listed] = answers.path === undefined ? listOperations(document) : [];
  const path = required(answers.path, "path", pathOf(listed?.name ?? "GET /"));
  const operation = findOperation(document, path);
  const example = `https://api.example.com${document.basePath}`;
  const url = required(answers.url ?? document.urlOf(operation.path), "url", example);
  const name = snakeCase(answers.name ?? (document.title || nameOfUrl(url)));
  const found = inSchema(document, operation);
  const { dates, open, proposed } = proposeParameters(document, operation, answers, found);
  const { paging, only } = proposed;
  const total = answers.total ?? found.total;
  const auth = answers.auth === undefined ? authOf(operation, name) : readAuth(answers.auth, name);
  const constants = constantOf(open, answers.start);
  const parts = { dates, paging: proposed, auth, name, constants };
  const request = requestOf(document, operation, parts);
  const maxRecords = total === undefined ? only?.size : undefined;
  return {
    ...common(answers, name, url, statedLimits(`${document.description} ${operation.description}`)),
    ...request,
    window: dates === undefined ? undefined : answers.window ?? dates.window,
    about: operation.summary || `${path} of ${url}`,
    paging,
    total,
    maxRecords,
    form: operation.format === undefined ? {} : { format: operation.format },
    ...recordsOf(answers, found, path, { each: Object.keys(request.forEach) }),
    auth,
    guesses: guessesOf(proposed, maxRecords),
    notes: notesOf({ signs: proposed.signs, start: open?.name, unresolved: document.unresolved }),
  };
}

/** Which parameters of an operation are dates and paging; a parameter is one or the other. */
function proposeParameters(
  document: OpenApiDocument,
  operation: Operation,
  answers: InitAnswers,
  found: RecordsProposal,
) {
  const datesIf = (isPaged: boolean) =>
    namesDates(answers) ? datesOf(answers, isPaged) : proposeDates(document, operation, isPaged);
  // A date is not a page, though "from" and "start" may be either.
  const dated = Object.keys(datesIf(false)?.values ?? {});
  const open = dated.length > 0 ? undefined : startOf(answers) ?? proposeStart(document, operation);
  const others = operation.parameters.filter(({ name }) =>
    !dated.includes(name) && name !== open?.name
  );
  const proposed = answers.paging === undefined
    ? proposePaging(document, others, found, operation.headers)
    : { paging: readPaging(answers.paging), guesses: [], signs: [], only: undefined };
  const total = answers.total ?? found.total;
  const isPaged = [proposed.paging, total, proposed.only].some((one) => one !== undefined);
  return { dates: datesIf(isPaged), open, proposed };
}

function inSchema(document: OpenApiDocument, operation: Operation): RecordsProposal {
  const isLines = operation.format === "ndjson";
  const shape: Shape = operation.response === undefined || operation.format === "csv"
    ? ANY
    : shapeOfSchema(document, operation.response, isLines);
  return proposeRecords(isLines ? { kind: "list", of: shape } : shape, operation.path);
}

/** The parameter of a start without an end, and how it is written. */
function startOf({ fromParam, toParam, dateFormat = "date" }: InitAnswers): StartDraft | undefined {
  if (fromParam === undefined || toParam !== undefined) return undefined;
  return { name: fromParam, format: dateFormat };
}

/** The first date as a constant in the query: there are no windows whose start could stand there. */
function constantOf(open: StartDraft | undefined, start: string | undefined): Values {
  if (open === undefined || start === undefined) return {};
  const ms = Date.parse(`${start.slice(0, 10)}T00:00:00Z`);
  switch (open.format) {
    case "epoch":
      return { [open.name]: String(ms / 1000) };
    case "epoch_ms":
      return { [open.name]: String(ms) };
    case "instant":
      return { [open.name]: new Date(ms).toISOString().replace(".000", "") };
    default:
      return { [open.name]: start };
  }
}

function isRound(count: number): boolean {
  return count >= FEWEST_OF_A_PAGE && (count % 10 === 0 || count % 16 === 0 || count % 25 === 0);
}

function common(answers: InitAnswers, name: string, url: string, limits: readonly string[]) {
  return {
    name: snakeCase(name),
    url: url.replace(/\/+$/, ""),
    timeZone: answers.timeZone,
    start: answers.start,
    limits: answers.limit === undefined ? limits : [answers.limit],
  };
}

function nameOfUrl(url: string): string {
  const host = URL.canParse(url) ? new URL(url).hostname : "";
  return snakeCase(
    host.split(".").filter((part) => !/^(api|www|com|org|net|gov|io)$/.test(part))[0] ?? "job",
  );
}
