// Owns the questions of `init` on a terminal: which questions are asked, which answers are accepted, and the message
// for an answer that is not. It reads and prints only through its arguments. Invariant: every answer is checked
// immediately, and a question that a flag answers is not asked.
import { type InitAnswers, readColumn, readPaging } from "../../init/answers.ts";
import { findOperation, listOperations } from "../../init/find_operation.ts";
import type { OpenApiDocument } from "../../init/openapi/document.ts";
import { readAuth } from "../../init/propose_auth.ts";
import { parseRate } from "../../plan/time/rate.ts";
import { oneLine } from "../../report/text/format.ts";
import { Failure } from "../../failure.ts";
import type { FirstResponse } from "./first_response.ts";

/** How questions are asked and answered. */
export interface Dialogue {
  /** Prints a question and reads a line; null where the terminal was closed or the question interrupted. */
  readonly ask: (question: string) => string | null;
  /** Prints a line. */
  readonly say: (line: string) => void;
}

/** What is known before the questions. */
export interface KnownBefore {
  /** The OpenAPI document. */
  readonly document: OpenApiDocument | undefined;
  /** Whether there is a sample of a response. */
  readonly hasSample: boolean;
  /** Requests the API, if that is allowed; undefined where it was not requested. */
  readonly request?: (answers: InitAnswers) => Promise<FirstResponse | undefined>;
}

/** Marks an answer that is proposed from the response. */
const PROPOSED = Symbol("proposed");

/** Invalid answers after which a question is given up. */
const MOST_TRIES = 10;
const MOST_SHOWN = 20;

interface Question {
  readonly key: keyof InitAnswers;
  readonly text: string;
  /** What an empty line means; undefined where an answer is required, empty where the answer may be left out. */
  readonly otherwise?: string;
  /** What an empty line means, for display; the answer is then taken from the response. */
  readonly proposed?: string;
  /** Completes an answer. */
  readonly complete?: (answer: string) => string;
  /** Why an answer is not accepted, or undefined. */
  readonly problem?: (answer: string) => string | undefined;
}

/**
 * The answers, completed by asking the user.
 *
 * @throws {Failure} of kind `interrupted` where the dialogue ends early.
 */
export async function askQuestions(
  given: InitAnswers,
  before: KnownBefore,
  dialogue: Dialogue,
): Promise<InitAnswers> {
  const answers: Record<string, unknown> = { ...given };
  const put = (question: Question) => {
    if (answers[question.key] === undefined) answers[question.key] = answerOf(question, dialogue);
  };
  const { document } = before;
  if (document !== undefined) {
    if (given.path === undefined) operationLines(document, "").forEach(dialogue.say);
    put(pathIn(document, dialogue));
    if (document.urlOf(String(answers.path)) === undefined) put(URL_OF_API);
    put(LIMIT);
    return answers;
  }
  [URL_OF_API, PATH, NAME].forEach(put);
  askDates(answers, put);
  if (!before.hasSample) {
    put(AUTH);
    const response = await before.request?.(answers);
    response?.lines.forEach(dialogue.say);
    for (const question of [RECORDS, KEY, COLUMNS, PAGING]) {
      const proposed = response?.proposed[question.key as keyof FirstResponse["proposed"]];
      put(proposed === undefined ? question : { ...question, otherwise: "", proposed });
      answers[question.key] ??= response === undefined ? undefined : PROPOSED;
    }
  }
  [PAGING, AUTH, LIMIT].forEach(put);
  for (const key of Object.keys(answers)) {
    if (answers[key] === PROPOSED) delete answers[key];
  }
  for (const key of ["key", "columns"]) {
    const text = answers[key];
    if (typeof text === "string") answers[key] = listed(text);
  }
  return answers;
}

function askDates(answers: Record<string, unknown>, put: (question: Question) => void): void {
  const isDated = [answers.dateParam, answers.fromParam].some((param) => param !== undefined);
  if (!isDated) put(DAY);
  if (!isDated && answers.dateParam === undefined) put(FROM);
  if (answers.fromParam !== undefined) put(TO);
  if (answers.fromParam !== undefined && answers.toParam === undefined) put(START);
  if (answers.dateParam !== undefined || answers.toParam !== undefined) put(FORMAT);
}

function listed(text: string): string[] {
  return text.split(/[\s,]+/).filter((one) => one !== "");
}

/** The answer to a question; undefined where an empty line leaves it out. */
function answerOf(question: Question, { ask, say }: Dialogue) {
  const { text, otherwise, proposed, complete = (answer) => answer, problem } = question;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const value = proposed ?? otherwise ?? "";
    const shown = value === "" ? "" : oneLine(` [${value}]`);
    const line = ask(`${text}${shown}:`)?.trim();
    if (line === undefined) break;
    const answer = line === "" ? otherwise : complete(line);
    if (answer === "") return undefined;
    const wrong = answer === undefined ? "an answer is required" : problem?.(answer);
    if (wrong === undefined) return answer;
    say(oneLine(`  ${wrong}`));
  }
  throw new Failure("interrupted", "Cannot write a job: the questions were not answered", {
    hint: "Start again, or pass the answers as flags: deno task init --help",
  });
}

const URL_OF_API: Question = {
  key: "url",
  text: "Base URL of the API, such as https://api.example.com",
  problem: (url) => {
    if (URL.canParse(url) && /^https?:/.test(url)) return undefined;
    const scheme = /^(localhost|127\.|\[::1\])/.test(url) ? "http" : "https";
    return URL.canParse(`${scheme}://${url}`)
      ? `write it with its scheme: ${scheme}://${url}`
      : "that is not a URL";
  },
};
const PATH: Question = {
  key: "path",
  text: "Path below it, such as /v1/readings",
  complete: (path) => path.startsWith("/") ? path : `/${path}`,
};
const NAME: Question = {
  key: "name",
  text: "Name of the job (empty: the name of the host)",
  otherwise: "",
};
const DAY: Question = {
  key: "dateParam",
  text: "Query parameter that takes one day (empty: none)",
  otherwise: "",
};
const FROM: Question = {
  key: "fromParam",
  text: "Query parameter of the first day or instant (empty: no dates)",
  otherwise: "",
};
const TO: Question = {
  key: "toParam",
  text: "Query parameter of the last day or instant (empty: the API takes only a start)",
  otherwise: "",
};
const START: Question = {
  key: "start",
  text: "First date with data, such as 2015-01-01; everything since then is fetched at once",
  problem: (date) =>
    /^\d{4}-\d{2}-\d{2}$/.test(date) ? undefined : "write a date such as 2015-01-01",
};
const FORMAT: Question = {
  key: "dateFormat",
  text: "How dates are written: date, instant, epoch, epoch_ms or a pattern such as %d.%m.%Y",
  otherwise: "date",
  problem: (format) =>
    /^(date|instant|instant_ms|local|offset|epoch|epoch_ms)$/.test(format) || format.includes("%")
      ? undefined
      : "write date, instant, epoch, epoch_ms or a pattern such as %d.%m.%Y",
};
const RECORDS: Question = {
  key: "records",
  text:
    "Path of the records in the response, such as data.items (empty: the response is the array)",
  otherwise: "",
};
const KEY: Question = { key: "key", text: "Fields that identify a record", otherwise: "id" };
const COLUMNS: Question = {
  key: "columns",
  text: "Further fields and their types, such as name:text value:numeric (empty: all of them)",
  otherwise: "",
  problem: (text) => problemOf(() => listed(text).forEach(readColumn)),
};
const PAGING: Question = {
  key: "paging",
  text: "Paging: none, offset:skip:limit:100, page:page:per_page:100, cursor:PATH:PARAM, " +
    "next_link:PATH or link_header",
  otherwise: "none",
  problem: (text) => problemOf(() => readPaging(text)),
};
const AUTH: Question = {
  key: "auth",
  text: "Credentials: none, basic, bearer, header:NAME or query:NAME",
  otherwise: "none",
  problem: (text) => problemOf(() => readAuth(text, "job")),
};
const LIMIT: Question = {
  key: "limit",
  text: "Allowed rate, such as 2/s (empty: unknown)",
  otherwise: "",
  problem: (text) => problemOf(() => parseRate(text)),
};

function problemOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    return error instanceof Failure && error.hint !== undefined ? error.hint : message;
  }
}

/** The path of an operation; words that several operations contain list them. */
function pathIn(document: OpenApiDocument, { say }: Dialogue): Question {
  return {
    key: "path",
    text: "Path, or words to search for",
    problem: (path) => {
      if (document.operation(path) !== undefined) return undefined;
      const found = listOperations(document, path);
      if (found.length === 0) return problemOf(() => findOperation(document, path));
      operationLines(document, path).forEach(say);
      return "write one of these paths";
    },
  };
}

/** Operations by their words, those that take dates first. */
function operationLines(document: OpenApiDocument, words: string): string[] {
  const found = listOperations(document, words);
  const more = found.length - MOST_SHOWN;
  const head = words === "" ? "operations that return data" : `operations with "${words}"`;
  return [
    `The document has ${found.length} ${head}; those marked * take dates:`,
    ...found.slice(0, MOST_SHOWN).map(({ name, summary, isDated }) =>
      `${isDated ? "* " : "  "}${name}${summary === "" ? "" : `  ${summary}`}`
    ),
    ...more > 0 ? [`  and ${more} more; write a word to search for`] : [],
  ];
}
