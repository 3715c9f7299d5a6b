// Checks a stream as a whole: required keys, keys that exclude each other, and paging that terminates.
// request.ts checks its request, rows.ts its rows. Pure.
import { responseReader } from "../../extract/value/path.ts";
import { recordDateTest } from "../../extract/value/record_date.ts";
import { circleOf, readsTable } from "../../plan/feeding.ts";
import { parseDurationMs } from "../../plan/time/duration.ts";
import type { Stream } from "../schema/job_schema.ts";
import { resolveRequest } from "./request.ts";
import { resolveRows } from "./rows.ts";
import { type JobPath, refusal, type Scope } from "./scope.ts";
import { resolveSince } from "./since.ts";

/** Checks every stream. */
export function resolveStreams(scope: Scope): void {
  for (const [name, stream] of Object.entries(scope.job.streams)) {
    const path = ["streams", name];
    if (!scope.isCut(name, "request") && !scope.isCut(name, "values")) {
      resolveKind(scope, path, stream);
    }
    resolveSince(scope, path, stream);
    if (!scope.isCut(name, "window") && stream.since === undefined) {
      resolveDates(scope, path, stream);
    }
    if (!scope.isCut(name, "record_date")) resolveVanished(scope, path, stream);
    resolveForEach(scope, path, stream);
    resolvePaging(scope, path, stream);
    resolveRecords(scope, path, stream);
    resolveRequest(scope, name, stream);
    resolveRows(scope, name, stream);
  }
  resolveFeeding(scope);
}

function resolveFeeding(scope: Scope): void {
  const circle = circleOf(scope.job.streams);
  const [first] = circle;
  if (first === undefined) return;
  scope.key(
    ["streams", first, "for_each"],
    `the streams ${
      circle.map((name) => `"${name}"`).join(", ")
    } depend on each other in a cycle: ` +
      "the query of each reads a table that another one fills",
  );
}

function resolveKind(scope: Scope, path: JobPath, stream: Stream): void {
  const isStatic = stream.values !== undefined;
  const hasRequest = stream.request !== undefined || stream.export?.files !== undefined;
  if (isStatic === hasRequest) {
    scope.key(path, 'a stream requires either "request" or "values"');
  }
  resolveExport(scope, path, stream);
  if (!isStatic) return;
  for (const key of ["window", "for_each", "total", "max_records", "error"] as const) {
    if (stream[key] !== undefined) {
      scope.key([...path, key], `a stream with "values" cannot have "${key}"`);
    }
  }
  if (stream.paging.by !== "none") {
    scope.key([...path, "paging"], 'a stream with "values" cannot have "paging"');
  }
}

function resolveExport(scope: Scope, path: JobPath, stream: Stream): void {
  const { export: exported, request, paging } = stream;
  if (exported === undefined) return;
  const at = [...path, "export"];
  if (exported.files !== undefined && request !== undefined) {
    scope.key([...at, "files"], '"files" replaces "request"; write one of them');
  }
  if (exported.files !== undefined && paging.by !== "none") {
    scope.key([...path, "paging"], 'the files of an export have no "paging"');
  }
  for (const key of ["id", "state", "files"] as const) {
    const text = exported[key];
    const problem = text === undefined ? undefined : refusal(() => responseReader(text));
    if (problem !== undefined) scope.value([...at, key], problem);
  }
}

function resolveDates(scope: Scope, path: JobPath, stream: Stream): void {
  if (stream.window !== undefined) {
    const { window } = stream;
    if (window.auto && window.max !== undefined && daysOf(window.max) < daysOf(window.min)) {
      scope.value([...path, "window", "max"], "max is shorter than min");
    }
    if (stream.refresh !== undefined) {
      scope.key(
        [...path, "refresh"],
        '"refresh" applies to a stream without a window; "settle: 3d" fetches recent windows again',
      );
    }
    return;
  }
  if (stream.order !== "oldest_first") {
    scope.key([...path, "order"], '"order" requires a window; add "window: day" or another length');
  }
  for (const key of ["start", "settle", "record_date"] as const) {
    if (stream[key] !== undefined) {
      scope.key([...path, key], `"${key}" requires a window; add "window: day" or another length`);
    }
  }
}

/** Each run divides a range into windows of several days again, so the window of a row is known only from its date. */
function resolveVanished(scope: Scope, path: JobPath, stream: Stream): void {
  const { window, record_date, rows } = stream;
  if (window === undefined || record_date !== undefined) return;
  if (!window.auto && daysOf(window.length) <= 1) return;
  const watched = rows.find(({ table }) => isWatched(scope, table) && !readsTable(stream, table));
  if (watched === undefined) return;
  scope.key(
    path,
    `rows of "${watched.table}" can vanish, so a stream with windows longer than a day requires ` +
      '"record_date", the path of the date of a record',
  );
}

function isWatched(scope: Scope, name: string): boolean {
  const { vanished = "keep" } = scope.find("tables", name) ?? {};
  return vanished !== "keep";
}

const DAYS = { minute: 1 / 1440, day: 1, week: 7, month: 30.4, year: 365.2 };

function daysOf(length: { unit: keyof typeof DAYS; count: number }): number {
  return DAYS[length.unit] * length.count;
}

function resolveForEach(scope: Scope, path: JobPath, stream: Stream): void {
  for (const [name, source] of Object.entries(stream.for_each ?? {})) {
    if (source.param === undefined) continue;
    const at = [...path, "for_each", name, "param"];
    const param = scope.find("params", source.param);
    if (param !== undefined && !param.list) {
      scope.value(at, `the parameter "${source.param}" is not a list; add "list: true" to it`);
    } else if (param === undefined && !scope.isUnread("params", source.param)) {
      scope.unknown(at, "parameter", source.param, Object.keys(scope.job.params));
    }
  }
}

function resolvePaging(scope: Scope, path: JobPath, stream: Stream): void {
  const { paging, request } = stream;
  const at = [...path, "paging"];
  if (paging.by === "page" && stream.total === undefined) {
    const { size, pages, more } = paging;
    if (size === undefined && pages === undefined && more === undefined) {
      scope.key(
        at,
        'paging by page requires "size", "pages", "more" or the stream\'s "total" to find the last page',
      );
    }
  }
  if (paging.by === "none") return;
  if (paging.by === "cursor" && paging.until !== undefined && paging.first === undefined) {
    scope.key([...at, "until"], '"until" requires "first", the cursor at the other edge');
  }
  if (paging.size_param !== undefined && paging.size === undefined) {
    scope.key([...at, "size_param"], '"size_param" requires "size", the number to send');
  }
  if ("in" in paging && paging.in === "body" && request?.method !== "POST") {
    scope.value([...at, "in"], 'parameters in the body require "method: POST" in the request');
  }
  const sent: Readonly<Record<string, unknown>> = { ...paging };
  for (const key of ["offset_param", "page_param", "cursor_param", "size_param"]) {
    const name = sent[key];
    if (typeof name !== "string" || !Object.hasOwn(request?.query ?? {}, name)) continue;
    scope.key([...path, "request", "query", name], `paging sends "${name}" itself`);
  }
}

function resolveRecords(scope: Scope, path: JobPath, stream: Stream): void {
  const { records, paging } = stream;
  const more = "more" in paging ? paging.more : undefined;
  const names = namesProblem(records);
  if (names !== undefined) scope.key([...path, "records"], names);
  resolveFormat(scope, path, stream);
  const responsePaths: [JobPath, string | undefined][] = [
    [["records", "path"], records.path],
    [["records", "names_path"], records.names_path],
    ...Object.entries(Array.isArray(records.names) ? {} : records.names ?? {}).map(
      ([name, at]): [JobPath, string] => [["records", "names", name], at],
    ),
    [["total"], stream.total],
    ...(stream.error ?? []).flatMap(({ path: at, wait }): [JobPath, string | undefined][] => [
      [["error"], at],
      [["error"], wait === undefined || parseDurationMs(wait) !== undefined ? undefined : wait],
    ]),
    [["paging", "pages"], "pages" in paging ? paging.pages : undefined],
    [["paging", "cursor"], "cursor" in paging ? paging.cursor : undefined],
    [["paging", "more"], typeof more === "object" ? more.path : more],
    [["paging", "link"], "link" in paging ? paging.link : undefined],
  ];
  const date = stream.record_date;
  const wrong = date === undefined ? undefined : refusal(() => recordDateTest(date, "UTC"));
  if (wrong !== undefined) scope.value([...path, "record_date"], wrong);
  for (const [keys, text] of responsePaths) {
    const problem = text === undefined ? undefined : refusal(() => responseReader(text));
    if (problem !== undefined) scope.value([...path, ...keys], problem);
  }
}

function namesProblem({ as, names, names_path }: Stream["records"]): string | undefined {
  const isList = Array.isArray(names);
  if (as === "arrays") {
    const given = [isList, names_path !== undefined].filter(Boolean).length;
    return given === 1 ? undefined : '"as: arrays" requires either a list "names" or "names_path"';
  }
  if (names_path !== undefined || isList) return '"names" and "names_path" are for "as: arrays"';
  if (names !== undefined && as !== "columns") return 'a mapping "names" is for "as: columns"';
  return undefined;
}

/** Checks the keys that apply to one format only, and those that a format does not support. */
function resolveFormat(scope: Scope, path: JobPath, { format, records, ...stream }: Stream): void {
  if (format !== "csv") {
    for (const key of ["skip", "comment"] as const) {
      if (stream[key] !== undefined) scope.key([...path, key], `"${key}" is for "format: csv"`);
    }
  } else if (records.as !== "list" && records.as !== "arrays") {
    scope.value([...path, "records", "as"], `CSV does not support "as: ${records.as}"`);
  }
  if (format !== "xml") {
    if (stream.namespaces !== undefined) {
      scope.key([...path, "namespaces"], '"namespaces" is for "format: xml"');
    }
  } else if (records.as !== "list" && records.as !== "single") {
    scope.value([...path, "records", "as"], `XML does not support "as: ${records.as}"`);
  }
  if (stream.full_statuses.length > 0 && stream.window === undefined) {
    scope.key([...path, "full_statuses"], '"full_statuses" requires a window');
  }
}
