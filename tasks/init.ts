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
import { Failure } from "../lib/failure.ts";
import { type Arguments, type Flags, helpText, readArguments } from "../lib/cli/arguments.ts";
import { EXIT, runCommand } from "../lib/cli/exit.ts";
import { askQuestions, type Dialogue } from "../lib/cli/init_questions.ts";
import { schemaPathFrom } from "../lib/cli/modeline.ts";
import { whyUnreadable } from "../lib/cli/read_text.ts";

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

const ABOUT =
  `Writes a job file. On a terminal it asks questions where --path, or --url, is not given.
Examples:
  deno task init --url https://api.example.com --path /v1/readings --date-param date --key id
  deno task init --openapi openapi.json --path /v1/readings`;

async function main(argv: string[]): Promise<number> {
  const args = readArguments(argv, FLAGS);
  if (args.has("help")) {
    console.log(helpText("init [options]", ABOUT, FLAGS));
    return EXIT.done;
  }
  const document = readDocument(args.value("openapi"));
  const sample = readSample(args.value("sample"));
  const given = answersOf(args);
  const asks = isLacking(given, document) && Deno.stdin.isTerminal();
  const answers = asks
    ? askQuestions(given, { document, hasSample: sample !== undefined }, TERMINAL)
    : given;
  const draft = document === undefined
    ? draftOfAnswers(answers, sample)
    : draftOfOpenApi(document, answers);
  const file = args.value("out") ?? defaultFile(draft.name);
  const command = commandOf(answers, args);
  const text = writeJob(draft, schemaPathFrom(file), command);
  await refuseMistakes(file, text);
  write(file, text, args.has("force"), asks ? command : undefined);
  console.log(lines(file, draft).join("\n"));
  return EXIT.done;
}

const TERMINAL: Dialogue = {
  ask: (question) => prompt(question),
  say: (line) => console.log(line),
};

/** Whether a job cannot be drafted without questions. */
function isLacking({ url, path }: InitAnswers, document: OpenApiDocument | undefined): boolean {
  return path === undefined || (url ?? document?.url) === undefined;
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

function readDocument(file: string | undefined): OpenApiDocument | undefined {
  return file === undefined ? undefined : readOpenApi(readFile(file));
}

function readSample(file: string | undefined) {
  if (file === undefined) return undefined;
  try {
    return JSON.parse(readFile(file)) as unknown;
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure("configuration", `Cannot read the sample "${file}": it is not JSON`, {
      hint: "Save an answer of the API, such as with curl URL > sample.json",
    });
  }
}

function readFile(file: string): string {
  if (/^https?:/.test(file)) {
    throw new Failure("configuration", `Cannot read "${file}": init reads files only`, {
      hint: `curl -o openapi.json ${file}`,
    });
  }
  try {
    return Deno.readTextFileSync(file);
  } catch (error) {
    throw new Failure("configuration", `Cannot read "${file}": ${whyUnreadable(file, error)}`);
  }
}

function defaultFile(name: string): string {
  try {
    return Deno.statSync("config").isDirectory ? `config/${name}.yaml` : `${name}.yaml`;
  } catch {
    return `${name}.yaml`;
  }
}

/** The flag of each answer. */
const FLAG_OF: Readonly<Record<keyof InitAnswers, string>> = {
  name: "name",
  url: "url",
  path: "path",
  dateParam: "date-param",
  fromParam: "from-param",
  toParam: "to-param",
  dateFormat: "date-format",
  endIncluded: "end-excluded",
  window: "window",
  start: "start",
  timeZone: "time-zone",
  records: "records",
  key: "key",
  columns: "columns",
  total: "total",
  paging: "paging",
  auth: "auth",
  limit: "limit",
};

/** The command that does the same without questions. */
function commandOf(answers: InitAnswers, args: Arguments): string {
  const words = ["openapi", "sample"].flatMap((name) => {
    const file = args.value(name);
    return file === undefined ? [] : [`--${name}`, file];
  });
  for (const [key, value] of Object.entries(answers)) {
    const flag = `--${FLAG_OF[key as keyof InitAnswers]}`;
    if (value === false) words.push(flag);
    else if (Array.isArray(value)) words.push(flag, ...value);
    else if (typeof value === "string") words.push(flag, value);
  }
  const shown = words.map((word) => /^[\w./:=,%@-]+$/.test(word) ? word : JSON.stringify(word));
  return `deno task init ${shown.join(" ")}`.trim().slice(0, 1000);
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

/** Writes the file; `command` is what does it again where it cannot be written, for somebody who answered questions. */
function write(file: string, text: string, force: boolean, command?: string): void {
  try {
    Deno.writeTextFileSync(file, text, force ? {} : { createNew: true });
  } catch (error) {
    const exists = error instanceof Deno.errors.AlreadyExists;
    const reason = exists
      ? "it is there already"
      : error instanceof Deno.errors.NotCapable
      ? "it lies outside of this folder"
      : error instanceof Deno.errors.NotFound
      ? "there is no such folder"
      : (error as Error).message;
    const again = exists ? "Give another --out, or --force to write over it" : "Give another --out";
    throw new Failure("configuration", `Cannot write "${file}": ${reason}`, {
      hint: command === undefined ? again : `${again}: ${command} --out OTHER.yaml`,
    });
  }
}

/** What was written, what it was guessed from, and what is to be done next. */
function lines(file: string, draft: JobDraft): string[] {
  const { tables, stream, window, paging, auth, params } = draft;
  const names = tables.map(({ name, key, columns }) =>
    `${name} (${columns.length} columns, key ${key.join(", ")})`
  );
  const secrets = [...JSON.stringify(auth ?? {}).matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name);
  const flags = Object.keys(params).map((name) => ` --${name.replaceAll("_", "-")} ...`).join("");
  const length = typeof window === "string" ? window : `up to ${window?.max}`;
  return [
    `wrote ${file}: stream ${stream}, tables ${names.join("; ")}`,
    `  dates   ${window === undefined ? "none: all is asked for at once" : `windows of ${length}`}`,
    `  paging  ${paging === undefined ? "none: an answer has one page" : `by ${paging.by}`}`,
    ...tables[0]!.columns.some(({ value }) => value === ".")
      ? ["  records nothing is known of them; probe shows what they hold"]
      : [],
    ...secrets.length === 0 ? [] : [`  set     ${secrets.join(" and ")} in .env.local`],
    `next   deno task probe ${file}${flags}`,
  ];
}

if (import.meta.main) await runCommand(main);
