// Owns the questions of `init` on a terminal: which are asked, what is taken for an answer, and what is said
// of one that is none. It reads and prints through what is passed in. Invariant: a question whose answer was
// given as a flag is not asked.
import { type InitAnswers, readPaging } from "../init/answers.ts";
import type { OpenApiDocument } from "../init/openapi_document.ts";
import { readAuth } from "../init/propose_auth.ts";
import { parseRate } from "../plan/time/rate.ts";
import { Failure } from "../failure.ts";

/** What questions are asked and answered with. */
export interface Dialogue {
  /** Prints a question and reads a line; null where the terminal was closed or the question interrupted. */
  readonly ask: (question: string) => string | null;
  /** Prints a line. */
  readonly say: (line: string) => void;
}

/** Answers to one question that are refused before it is given up. */
const MOST_TRIES = 10;
const MOST_SHOWN = 20;

interface Question {
  readonly key: keyof InitAnswers;
  readonly text: string;
  /** What an empty line stands for; undefined where it is no answer, empty where it leaves the thing out. */
  readonly otherwise?: string;
  /** Why an answer cannot be taken, or undefined. */
  readonly problem?: (answer: string) => string | undefined;
}

/**
 * The answers with those that a person gives.
 *
 * @throws {Failure} of kind `interrupted` where the dialogue ends early.
 */
export function askQuestions(
  given: InitAnswers,
  { document, hasSample }: { document: OpenApiDocument | undefined; hasSample: boolean },
  dialogue: Dialogue,
): InitAnswers {
  const answers: Record<string, unknown> = { ...given };
  const put = (question: Question) => {
    if (answers[question.key] === undefined) answers[question.key] = answerOf(question, dialogue);
  };
  if (document !== undefined) {
    if (given.path === undefined) operationLines(document).forEach(dialogue.say);
    put(pathIn(document));
    if (document.url === undefined) put(URL_OF_API);
    put(LIMIT);
    return answers;
  }
  [URL_OF_API, PATH, NAME].forEach(put);
  const isDated = [given.dateParam, given.fromParam].some((param) => param !== undefined);
  if (!isDated) put(DAY);
  if (!isDated && answers.dateParam === undefined) put(FROM);
  if (answers.fromParam !== undefined) put(TO);
  if (answers.dateParam !== undefined || answers.fromParam !== undefined) put(FORMAT);
  if (!hasSample) [RECORDS, KEY, COLUMNS].forEach(put);
  [PAGING, AUTH, LIMIT].forEach(put);
  for (const key of ["key", "columns"]) {
    const text = answers[key];
    if (typeof text === "string") answers[key] = text.split(/[\s,]+/).filter((one) => one !== "");
  }
  return answers;
}

/** The answer to a question; undefined where an empty line leaves it out. */
function answerOf({ text, otherwise, problem }: Question, { ask, say }: Dialogue) {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const shown = otherwise === undefined || otherwise === "" ? "" : ` [${otherwise}]`;
    const line = ask(`${text}${shown}:`)?.trim();
    if (line === undefined) break;
    const answer = line === "" ? otherwise : line;
    if (answer === "") return undefined;
    const wrong = answer === undefined ? "it needs an answer" : problem?.(answer);
    if (wrong === undefined) return answer;
    say(`  ${wrong}`);
  }
  throw new Failure("interrupted", "Cannot write a job: the questions were not answered", {
    hint: "Begin again, or give the answers as flags: deno task init --help",
  });
}

const URL_OF_API: Question = {
  key: "url",
  text: "Base URL of the API, such as https://api.example.com",
  problem: (url) => {
    if (URL.canParse(url) && /^https?:/.test(url)) return undefined;
    return URL.canParse(`https://${url}`)
      ? `write it with its scheme: https://${url}`
      : "that is no URL";
  },
};
const PATH: Question = {
  key: "path",
  text: "Path below it, such as /v1/readings",
  problem: (path) => path.startsWith("/") ? undefined : `write it with its slash: /${path}`,
};
const NAME: Question = {
  key: "name",
  text: "Name of the job (empty: that of the host)",
  otherwise: "",
};
const DAY: Question = {
  key: "dateParam",
  text: "Query parameter that takes one day (empty: none)",
  otherwise: "",
};
const FROM: Question = {
  key: "fromParam",
  text: "Query parameter of the first day or moment (empty: no dates)",
  otherwise: "",
};
const TO: Question = { key: "toParam", text: "Query parameter of the last" };
const FORMAT: Question = {
  key: "dateFormat",
  text: "How dates are written: date, instant, epoch, epoch_ms or a pattern such as %d.%m.%Y",
  otherwise: "date",
};
const RECORDS: Question = {
  key: "records",
  text: "Where the records are in the answer, such as data.items (empty: it is the list)",
  otherwise: "",
};
const KEY: Question = { key: "key", text: "Fields that identify a record", otherwise: "id" };
const COLUMNS: Question = {
  key: "columns",
  text: "Further fields and their types, such as name:text value:numeric (empty: all as jsonb)",
  otherwise: "",
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
  text: "How requests prove who asks: none, basic, bearer, header:NAME or query:NAME",
  otherwise: "none",
  problem: (text) => problemOf(() => readAuth(text, "job")),
};
const LIMIT: Question = {
  key: "limit",
  text: "Allowed rate, such as 2/s (empty: not known)",
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

/** The path of an operation of a document; a part of it that only one has stands for it. */
function pathIn(document: OpenApiDocument): Question {
  return {
    key: "path",
    text: "Path, such as /v1/readings",
    problem: (path) => problemOf(() => document.operation(path)),
  };
}

function operationLines({ operations }: OpenApiDocument): string[] {
  const more = operations.length - MOST_SHOWN;
  return [
    `The document has ${operations.length} operations that answer with data:`,
    ...operations.slice(0, MOST_SHOWN).map((operation) => `  ${operation}`),
    ...more > 0 ? [`  and ${more} more`] : [],
  ];
}
