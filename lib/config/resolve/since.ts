// Checks `since` of a stream against its other keys: a feed has no dates, sends its position, and says in one way how
// its pages end. Pure.
import { responseReader } from "../../extract/value/path.ts";
import { parseCivil } from "../../plan/time/civil.ts";
import type { Stream } from "../schema/job_schema.ts";
import type { Placeholder } from "../template/placeholder.ts";
import { type JobPath, refusal, type Scope } from "./scope.ts";

/**
 * Keys that require dates, or that declare what the cursor of a feed already determines, and why a feed cannot have
 * them.
 */
const REFUSED = {
  window: "a feed has no dates",
  start: 'a feed begins at "start" of "since"',
  refresh: "each run reads it",
  settle: "a feed returns a record again when it changes",
  record_date: "a feed has no dates",
  values: "a list is not a feed",
  export: "an export is ordered for dates",
  total: "a feed has no total",
  max_records: "a feed continues where a response is cut off",
} as const;

/** Checks a stream that is a feed. */
export function resolveSince(scope: Scope, path: JobPath, stream: Stream): void {
  const { since } = stream;
  if (since === undefined) return;
  const at = [...path, "since"];
  for (const [key, why] of Object.entries(REFUSED)) {
    if (stream[key as keyof typeof REFUSED] === undefined) continue;
    scope.key([...path, key], `a stream with "since" cannot have "${key}": ${why}`);
  }
  if (stream.order !== "oldest_first") {
    scope.key(
      [...path, "order"],
      'a stream with "since" cannot have "order": its cursors give the order',
    );
  }
  if (stream.full_statuses.length > 0) {
    scope.key([...path, "full_statuses"], 'a stream with "since" cannot have "full_statuses"');
  }
  if ((since.cursor === undefined) === (since.link === undefined)) {
    scope.key(at, '"since" requires either "cursor" or "link"');
  }
  resolvePages(scope, at, stream);
  resolvePaths(scope, at, since);
  resolveTables(scope, path, stream);
}

function resolvePages(scope: Scope, at: JobPath, { since, paging }: Stream): void {
  if (paging.by !== "none") {
    if (since!.more === undefined) return;
    return scope.key(
      [...at, "more"],
      '"more" goes under "paging", which finds the pages of this stream',
    );
  }
  if (since!.page === "first") {
    scope.value(
      [...at, "page"],
      '"page: first" requires "paging"; without it each page has its own cursor',
    );
  }
}

function resolvePaths(
  scope: Scope,
  at: JobPath,
  { cursor, link, more }: NonNullable<Stream["since"]>,
): void {
  const paths = { cursor, link, more: typeof more === "object" ? more.path : more };
  for (const [key, text] of Object.entries(paths)) {
    const problem = text === undefined ? undefined : refusal(() => responseReader(text));
    if (problem !== undefined) scope.value([...at, key], problem);
  }
}

/** A feed returns what changed, so a record that is missing from a response has not vanished. */
function resolveTables(scope: Scope, path: JobPath, { rows }: Stream): void {
  const watched = rows.find(({ table }) => {
    const { vanished = "keep" } = scope.find("tables", table) ?? {};
    return vanished !== "keep";
  });
  if (watched === undefined) return;
  scope.key(
    [...path, "since"],
    `rows of "${watched.table}" can vanish, which a feed cannot show: a response holds only what changed`,
  );
}

/** Checks that the requests of a feed send its position. */
export function resolvePosition(
  scope: Scope,
  path: JobPath,
  { since }: Stream,
  found: readonly { readonly path: JobPath; readonly placeholder: Placeholder }[],
): void {
  const used = found.filter(({ placeholder }) => placeholder.from === "since");
  if (since === undefined) {
    for (const { path, placeholder: { text } } of used) {
      scope.value(path, `"${text}" requires "since"; for the start of a window write {from}`, text);
    }
    return;
  }
  const names = new Set(used.map(({ placeholder }) => placeholder.name));
  const isDate = since.start !== undefined && parseCivil(String(since.start)) !== undefined;
  for (const { path, placeholder: { name, format, text } } of used) {
    if (name === "start" && since.start === undefined) {
      scope.value(path, `"${text}" requires "start" of "since"`, text);
    } else if (format !== "date" && name !== "cursor" && since.start !== undefined && !isDate) {
      scope.value(path, `"${text}" formats a date, but "start" of "since" is not a date`, text);
    }
  }
  const at = [...path, "since"];
  if (since.cursor !== undefined && !names.has("") && !names.has("cursor")) {
    scope.key(at, "the request does not send the cursor; add {since} or {since.cursor} to it");
  } else if (since.start !== undefined && !names.has("") && !names.has("start")) {
    scope.key(
      [...at, "start"],
      "the request does not send the start; add {since} or {since.start} to it",
    );
  }
}
