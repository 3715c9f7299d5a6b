// `deno task init`: writes a job file from questions on a terminal, from flags, from a sample of an answer
// or from an OpenAPI document. It asks no API. What it writes passes `deno task check`, and a file that is
// there already stays unless --force is given.
import { inspectJob } from "../lib/config/read_job.ts";
import {
  draftOfAnswers,
  draftOfOpenApi,
  type InitAnswers,
  type JobDraft,
} from "../lib/init/job_draft.ts";
import { type OpenApiDocument, readOpenApi } from "../lib/init/openapi_document.ts";
import { writeJob } from "../lib/init/write_job.ts";
import { Failure } from "../lib/report/failure.ts";
import { type Arguments, type Flags, helpText, readArguments } from "./arguments.ts";
import { EXIT, runCommand } from "./exit.ts";
import { schemaPathFrom } from "./modeline.ts";

const value = (name: string, about: string) => ({ kind: "value", value: name, about }) as const;

const FLAGS: Flags = {
  name: value("NAME", "Name of the job."),
  url: value("URL", "Base URL of the API."),
  path: value("PATH", "Path below it, such as /v1/readings."),
  openapi: value("FILE", "OpenAPI document to take address, parameters, tables and auth from."),
  sample: value("FILE", "A saved answer, as JSON, to take records, tables and columns from."),
  "date-param": value("P", "Query parameter that takes one day."),
  "from-param": value("P", "Query parameter of the first day or moment."),
  "to-param": value("P", "Query parameter of the last."),
  "date-format": value(
    "F",
    "date (default), instant, epoch, epoch_ms or a pattern such as %d.%m.%Y.",
  ),
  "end-excluded": { kind: "switch", about: "The last day or moment is not part of the answer." },
  window: value("W", "Length of windows: day, 7d, month, auto, ..."),
  start: value("D", "First date there is, such as 2015-01-01."),
  "time-zone": value("Z", "Time zone of the dates, such as Europe/London. Default: UTC."),
  records: value("PATH", "Where the records are in the answer, such as data.items."),
  key: { kind: "list", value: "FIELD", about: "Fields that identify a record." },
  columns: { kind: "list", value: "FIELD:TYPE", about: "Fields to keep and their types." },
  total: value("PATH", "Where the answer says how many records there are."),
  paging: value(
    "P",
    "offset:skip:limit:100, page:page:per_page:100, cursor:PATH:PARAM, next_link:PATH, link_header.",
  ),
  auth: value("A", "none, basic, bearer, header:X-Api-Key or query:api_key."),
  limit: value("R", "Allowed rate, such as 2/s."),
  out: value("FILE", "File to write. Default: config/NAME.yaml."),
  force: { kind: "switch", about: "Write over a file that is there." },
};

const ABOUT = `Writes a job file. On a terminal it asks for what is not given.
Examples:
  deno task init --url https://api.example.com --path /v1/readings --date-param date --key id
  deno task init --openapi openapi.json --path /v1/readings`;

if (import.meta.main) await runCommand(main);

async function main(argv: string[]): Promise<number> {
  const args = readArguments(argv, FLAGS);
  if (args.has("help")) {
    console.log(helpText("init [options]", ABOUT, FLAGS));
    return EXIT.done;
  }
  const document = readDocument(args.value("openapi"));
  const answers = Deno.stdin.isTerminal() ? ask(answersOf(args), document) : answersOf(args);
  const draft = document === undefined
    ? draftOfAnswers(answers, readSample(args.value("sample")))
    : draftOfOpenApi(document, answers);
  const file = args.value("out") ?? defaultFile(draft.name);
  const text = writeJob(draft, schemaPathFrom(file), commandOf(argv));
  await refuseMistakes(file, text);
  write(file, text, args.has("force"));
  console.log(lines(file, draft).join("\n"));
  return EXIT.done;
}

function answersOf(args: Arguments): InitAnswers {
  const list = (name: string) => args.list(name).length === 0 ? undefined : args.list(name);
  return {
    name: args.value("name"),
    url: args.value("url"),
    path: args.value("path"),
    dateParam: args.value("date-param"),
    fromParam: args.value("from-param"),
    toParam: args.value("to-param"),
    dateFormat: args.value("date-format"),
    endIncluded: !args.has("end-excluded"),
    window: args.value("window"),
    start: args.value("start"),
    timeZone: args.value("time-zone"),
    records: args.value("records"),
    key: list("key"),
    columns: list("columns"),
    total: args.value("total"),
    paging: args.value("paging"),
    auth: args.value("auth"),
    limit: args.value("limit"),
  };
}

/** The answers with those that a person gives on the terminal; an empty line leaves one out. */
function ask(given: InitAnswers, document: OpenApiDocument | undefined): InitAnswers {
  const answers: Record<string, unknown> = { ...given };
  const question = (key: keyof InitAnswers, text: string, otherwise?: string) => {
    if (answers[key] !== undefined) return;
    const answer = prompt(text, otherwise)?.trim();
    if (answer !== undefined && answer !== "") {
      answers[key] = key === "key" ? answer.split(/[\s,]+/) : answer;
    }
  };
  if (document !== undefined) {
    if (given.path === undefined) console.log(`It has ${document.operations.join(", ")}`);
    question("path", "Path, such as /v1/readings:");
    return answers;
  }
  question("url", "Base URL of the API:");
  question("path", "Path, such as /v1/readings:");
  question("name", "Name of the job:");
  const hasDates = [given.dateParam, given.fromParam].some((param) => param !== undefined);
  if (!hasDates) {
    question("dateParam", "Parameter that takes one day (empty: none):");
    if (answers.dateParam === undefined) {
      question("fromParam", "Parameter of the first day (empty: none):");
    }
    if (answers.fromParam !== undefined) question("toParam", "Parameter of the last day:");
  }
  question("records", "Where the records are in the answer, such as data (empty: it is the list):");
  question("key", "Fields that identify a record:", "id");
  question(
    "auth",
    "How requests prove who asks (none, basic, bearer, header:NAME, query:NAME):",
    "none",
  );
  question("limit", "Allowed rate, such as 2/s (empty: not known):");
  return answers;
}

function readDocument(file: string | undefined): OpenApiDocument | undefined {
  return file === undefined ? undefined : readOpenApi(readText(file));
}

function readSample(file: string | undefined) {
  if (file === undefined) return undefined;
  try {
    return JSON.parse(readText(file)) as unknown;
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure("configuration", `Cannot read the sample "${file}": it is not JSON`, {
      hint: "Save an answer of the API, such as with curl URL > sample.json",
    });
  }
}

function readText(file: string): string {
  try {
    return Deno.readTextFileSync(file);
  } catch (error) {
    throw new Failure("configuration", `Cannot read "${file}": ${(error as Error).message}`, {
      hint: "Look at its name",
    });
  }
}

function defaultFile(name: string): string {
  try {
    return Deno.statSync("config").isDirectory ? `config/${name}.yaml` : `${name}.yaml`;
  } catch {
    return `${name}.yaml`;
  }
}

function commandOf(argv: readonly string[]): string {
  const shown = argv.map((arg) => /^[\w./:=,%@-]+$/.test(arg) ? arg : JSON.stringify(arg));
  return `deno task init ${shown.join(" ")}`.trim().slice(0, 500);
}

/** What was said may not fit together; nothing is written then. */
async function refuseMistakes(file: string, text: string): Promise<void> {
  const { problems } = await inspectJob(file, { readText: () => text, env: () => undefined });
  const [first] = problems;
  if (first === undefined) return;
  throw new Failure("configuration", `Cannot write "${file}": ${first.message}`, {
    hint: `It would read "${text.split("\n")[first.line - 1]?.trim()}"; say it with another flag`,
  });
}

function write(file: string, text: string, force: boolean): void {
  try {
    Deno.writeTextFileSync(file, text, force ? {} : { createNew: true });
  } catch (error) {
    const exists = error instanceof Deno.errors.AlreadyExists;
    const reason = exists
      ? "it is there already"
      : error instanceof Deno.errors.NotCapable
      ? "it lies outside of this folder"
      : (error as Error).message;
    throw new Failure("configuration", `Cannot write "${file}": ${reason}`, {
      hint: exists ? "Give another --out, or --force to write over it" : "Give another --out",
    });
  }
}

function lines(file: string, { tables, stream }: JobDraft): string[] {
  const names = tables.map(({ name, columns }) => `${name} (${columns.length} columns)`);
  return [
    `wrote ${file}: stream ${stream}, tables ${names.join(", ")}`,
    `next   deno task probe ${file}`,
  ];
}
