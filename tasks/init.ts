// `deno task init`: writes a job file from questions on a terminal, from flags, from a sample of a response or from an
// OpenAPI document. The file passes `deno task check`, and an existing file is kept unless --force is given. It sends a
// request only on a terminal, after it was allowed to.
import { parseEnv } from "node:util";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { inspectJob } from "../lib/config/read_job.ts";
import {
  draftOfAnswers,
  draftOfOpenApi,
  type InitAnswers,
  type JobDraft,
} from "../lib/init/job_draft.ts";
import { type OpenApiDocument, readOpenApi } from "../lib/init/openapi_document.ts";
import { readSample, type Sample } from "../lib/init/read_sample.ts";
import { withVariables } from "../lib/init/request_draft.ts";
import { writeJob } from "../lib/init/write_job.ts";
import { oneLine } from "../lib/report/text/format.ts";
import { Failure } from "../lib/failure.ts";
import { type Arguments, type Flags, helpText, readArguments } from "../lib/cli/arguments.ts";
import { EXIT, runCommand } from "../lib/cli/exit.ts";
import { askQuestions, type Dialogue } from "../lib/cli/init_questions.ts";
import { credentialsOf, type FirstResponse, firstResponse } from "../lib/cli/first_response.ts";
import { hideSecret, hideSecrets } from "../lib/cli/output.ts";
import { StopSignal } from "../lib/cli/signals.ts";
import { monotonicClock } from "../lib/fetch/rate/clock.ts";
import { schemaPathFrom } from "../lib/cli/modeline.ts";
import { whyUnreadable } from "../lib/cli/read_text.ts";

const value = (name: string, about: string) => ({ kind: "value", value: name, about }) as const;

const FLAGS: Flags = {
  name: value("NAME", "Name of the job."),
  url: value("URL", "Base URL of the API."),
  path: value(
    "PATH",
    "Path below it, such as /v1/readings; with --openapi, also words to search for.",
  ),
  openapi: value("FILE", "OpenAPI document with the URL, parameters, tables and credentials."),
  sample: value(
    "FILE",
    "A saved response (JSON, NDJSON or CSV) with the records, tables and columns.",
  ),
  "date-param": value("P", "Query parameter that takes one day."),
  "from-param": value("P", "Query parameter of the first day or instant."),
  "to-param": value("P", "Query parameter of the last day or instant."),
  "date-format": value(
    "F",
    "date (default), instant, epoch, epoch_ms or a pattern such as %d.%m.%Y.",
  ),
  "end-excluded": { kind: "switch", about: "The end of a range is exclusive." },
  window: value("W", "Length of windows: day, 7d, month, auto, ..."),
  start: value("D", "First date with data, such as 2015-01-01."),
  "time-zone": value("Z", "Time zone of the dates, such as Europe/London. Default: UTC."),
  records: value("PATH", "Path of the records in the response, such as data.items."),
  key: { kind: "list", value: "FIELD", about: "Fields that identify a record." },
  columns: {
    kind: "list",
    value: "FIELD:TYPE",
    about: "Fields to keep and their types, such as value:numeric.",
  },
  total: value("PATH", "Path of the total number of records in the response."),
  paging: value(
    "P",
    "offset:skip:limit:100, page:page:per_page:100, cursor:PATH:PARAM, next_link:PATH, link_header.",
  ),
  auth: value("A", "none, basic, bearer, header:X-Api-Key or query:api_key."),
  limit: value("R", "Allowed rate, such as 2/s."),
  out: value("FILE", "File to write. Default: config/NAME.yaml."),
  force: { kind: "switch", about: "Overwrite an existing file." },
};

const ABOUT =
  `Writes a job file. On a terminal it asks for --path or --url where they are not given.
Examples:
  deno task init --url https://api.example.com --path /v1/readings --date-param date --key id
  deno task init --openapi openapi.json --path /v1/readings`;

async function main(argv: string[]): Promise<number> {
  const args = readArguments(argv, FLAGS);
  if (args.has("help")) {
    console.log(helpText("init [options]", ABOUT, FLAGS));
    return EXIT.done;
  }
  const document = documentIn(args.value("openapi"));
  let sample = sampleIn(args.value("sample"));
  const given = answersOf(args);
  const request = async (answers: InitAnswers) => {
    const response = await requestOnce(answers);
    sample = response?.sample;
    return response;
  };
  const asks = isLacking(given, document) && Deno.stdin.isTerminal();
  const answers = asks
    ? await askQuestions(given, { document, hasSample: sample !== undefined, request }, TERMINAL)
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

/** The first response of an API, if a person lets it be requested; without one the questions go on. */
async function requestOnce(answers: InitAnswers): Promise<FirstResponse | undefined> {
  const { host } = new URL(answers.url!);
  const settings = envFile();
  const env = (name: string) => settings[name];
  hideSecrets(credentialsOf(answers).map((name) => env(name) ?? ""));
  const missing = credentialsOf(answers).filter((name) => (env(name) ?? "") === "");
  if (missing.length > 0) {
    console.log(`  ${missing.join(" and ")} not set in .env.local: no request is sent`);
    return undefined;
  }
  if (!/^(y|yes|)$/i.test(prompt(`Send a request to ${host} for proposals? y or n [y]:`) ?? "n")) {
    return undefined;
  }
  const permission = await Deno.permissions.request({ name: "net", host });
  if (permission.state !== "granted") return undefined;
  using stop = new StopSignal(() => {});
  const clock = monotonicClock();
  const outer = { wallNow: Date.now, random: Math.random, signal: stop.signal };
  try {
    return await firstResponse(answers, {
      env,
      onSecret: hideSecret,
      clock,
      ...outer,
      onEvent: () => {},
    });
  } catch (error) {
    if (!(error instanceof Failure) || stop.signal.aborted) throw error;
    console.log(oneLine(`  ${error.message}${error.hint === undefined ? "" : `; ${error.hint}`}`));
    return undefined;
  }
}

/** The variables of `.env.local`; none where it cannot be read. */
function envFile(): Record<string, string | undefined> {
  try {
    return parseEnv(Deno.readTextFileSync(".env.local").replace(/^\uFEFF/, ""));
  } catch {
    return {};
  }
}

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

function documentIn(file: string | undefined): OpenApiDocument | undefined {
  if (file === undefined) return undefined;
  const folder = dirname(file);
  return readOpenApi(readFile(file), (name) => fileBelow(folder, name));
}

/** A file in the folder of the document or below it; undefined for any other. */
function fileBelow(folder: string, name: string): string | undefined {
  const path = relative(folder, resolve(folder, name));
  if (/^[a-z]+:/i.test(name) || isAbsolute(path) || path.startsWith("..")) return undefined;
  try {
    return Deno.readTextFileSync(join(folder, path));
  } catch {
    return undefined;
  }
}

function sampleIn(file: string | undefined): Sample | undefined {
  return file === undefined ? undefined : readSample(readFile(file), file);
}

function readFile(file: string): string {
  if (/^https?:/.test(file)) {
    throw new Failure("configuration", `Cannot read "${file}": init reads only files`, {
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

/** The command that writes the same file without questions. */
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

/** Secrets need not be set yet; the URL has a default. */
function unlessUrl(name: string): string | undefined {
  return name.endsWith("_URL") ? undefined : name;
}

/** Refuses a job with mistakes: answers may contradict each other. */
async function refuseMistakes(file: string, text: string): Promise<void> {
  const { problems } = await inspectJob(file, { readText: () => text, env: unlessUrl });
  const [first] = problems;
  if (first === undefined) return;
  throw new Failure("configuration", `Cannot write "${file}": ${first.message}`, {
    hint: `The line would be "${
      text.split("\n")[first.line - 1]?.trim()
    }"; correct the flag that it comes from`,
  });
}

/** Writes the file; `command` repeats the answers of a person who would otherwise have to give them again. */
function write(file: string, text: string, force: boolean, command?: string): void {
  try {
    Deno.writeTextFileSync(file, text, force ? {} : { createNew: true });
  } catch (error) {
    const exists = error instanceof Deno.errors.AlreadyExists;
    const reason = exists
      ? "it already exists"
      : error instanceof Deno.errors.NotCapable
      ? "it is outside this folder"
      : error instanceof Deno.errors.NotFound
      ? "there is no such folder"
      : (error as Error).message;
    const again = exists ? "Give another --out, or --force to overwrite it" : "Give another --out";
    throw new Failure("configuration", `Cannot write "${file}": ${reason}`, {
      hint: command === undefined ? again : `${again}: ${command} --out OTHER.yaml`,
    });
  }
}

/** What was written, what is a guess, and the next command. */
function lines(file: string, draft: JobDraft): string[] {
  const { tables, stream, window, paging, auth, path, params, limits } = draft;
  const names = tables.map(({ name, key, columns }) =>
    `${name} (${columns.length} columns, key ${key.join(", ")})`
  );
  const places = JSON.stringify(auth ?? {}) + withVariables(JSON.stringify([path, draft.body]));
  const secrets = [...places.matchAll(/(?<!\$)\$\{(\w+)\}/g)].map(([, name]) => name);
  const flags = Object.keys(params).map((name) => ` --${name.replaceAll("_", "-")} ...`).join("");
  const length = typeof window === "string" ? window : `up to ${window?.max}`;
  const guesses = Object.values(draft.guesses).map((guess) => `  guess   ${guess}`);
  const notes = draft.notes.map((note) => `  note    ${note}`);
  return [
    `wrote ${file}: stream ${stream}, tables ${names.join("; ")}`,
    `  dates   ${
      window === undefined ? "none: everything is requested at once" : `windows of ${length}`
    }`,
    `  paging  ${
      paging === undefined
        ? "none declared; probe shows whether a response is complete"
        : `by ${paging.by}`
    }`,
    ...limits.length === 0 ? [] : [`  limits  ${limits.join(", ")}, as the document states`],
    ...tables[0]!.columns.some(({ value }) => value === ".")
      ? ["  records unknown; probe shows what they contain"]
      : [],
    ...guesses,
    ...notes,
    ...secrets.length === 0
      ? []
      : [`  set     ${[...new Set(secrets)].join(" and ")} in .env.local`],
  ].map(oneLine).concat(`next   deno task probe ${file}${flags}`);
}

if (import.meta.main) await runCommand(main);
