// Owns the options of `init`: their help, the answers that they give, and the command that repeats the answers
// of the user. Pure.
import { asStarted } from "../own_commands.ts";
import type { Arguments, Flags } from "../arguments.ts";
import type { InitAnswers } from "../../init/job_draft.ts";

const value = (name: string, about: string) => ({ kind: "value", value: name, about }) as const;

/** The options. */
export const FLAGS: Flags = {
  name: value("NAME", "Name of the job."),
  url: value("URL", "Base URL of the API."),
  path: value(
    "PATH",
    "Path below it, such as /v1/readings; with --openapi, also words to search for.",
  ),
  openapi: value("FILE", "OpenAPI document with the URL, parameters, tables and credentials."),
  sample: value(
    "FILE",
    "A saved response (JSON, NDJSON, XML or CSV) with the records, tables and columns.",
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
  out: value(
    "FILE",
    "File to write. Default: jobs/NAME.yaml or config/NAME.yaml, if there is such a folder.",
  ),
  force: { kind: "switch", about: "Overwrite an existing file." },
};

/** The answers that a command line gives; undefined where it gives none. */
export function answersOf(args: Arguments): InitAnswers {
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
export function commandOf(answers: InitAnswers, args: Arguments): string {
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
  return asStarted(`deno task init ${shown.join(" ")}`.trim().slice(0, 1000), undefined);
}
