// Owns the cross-checks of a stream's request and of what its placeholders name: parameters, values of
// for_each, the window; and whether the request asks for the whole of each window. Pure.
import type { WindowLength } from "../../plan/time/duration.ts";
import type { Stream } from "../schema/job_schema.ts";
import { type Placeholder, showsTime } from "../schema/placeholder.ts";
import { resolveHeaders } from "./source.ts";
import type { JobPath, Scope } from "./scope.ts";
import { unquotedPlaceholder } from "../schema/issue_sentence.ts";
import { placeholders, readTemplate } from "../schema/template.ts";

interface Found {
  readonly path: JobPath;
  readonly placeholder: Placeholder;
}

/** Checks the request of a stream. */
export function resolveRequest(scope: Scope, name: string, stream: Stream): void {
  const { request } = stream;
  if (request === undefined) return;
  const path = ["streams", name, "request"];
  const before = scope.problems.length;
  const found = [
    ...templates(scope, [...path, "path"], request.path),
    ...templates(scope, [...path, "query"], request.query),
    ...templates(scope, [...path, "headers"], request.headers),
    ...templates(scope, [...path, "body"], request.body),
    ...templates(scope, [...path, "form"], request.form),
    ...templates(scope, ["source", "headers"], scope.job.source.headers),
  ];
  const areRead = scope.problems.length === before;
  const place = placeOf(stream);
  if (
    areRead && place !== undefined && !found.some(({ placeholder: { from } }) => from === "paging")
  ) {
    scope.value(
      ["streams", name, "paging", "in"],
      `the path says nothing of the page; put {${place}} in it`,
    );
  }
  for (const { path, placeholder } of found) {
    if (scope.isCut(name, placeholder.from === "each" ? "for_each" : placeholder.from)) continue;
    resolvePlaceholder(scope, path, placeholder, stream);
  }
  if (areRead) {
    resolveWindow(scope, name, stream, found);
    resolveUnused(scope, name, stream, found);
  }
  resolveHeaders(scope, [...path, "headers"], Object.keys(request.headers));
  resolveMethod(scope, path, stream);
  resolvePath(scope, [...path, "path"], request.path);
}

/** The placeholders in every text of a value; texts that cannot be read are reported. */
function templates(scope: Scope, path: JobPath, value: unknown): Found[] {
  if (typeof value === "string") {
    const template = readTemplate(value);
    if (!("problem" in template)) {
      return placeholders(template).map((placeholder) => ({ path, placeholder }));
    }
    const guess = template.guess === undefined ? "" : `; did you mean "${template.guess}"?`;
    scope.value(path, `${template.problem}${guess}`, template.at);
    return [];
  }
  if (typeof value !== "object" || value === null) return [];
  const unquoted = unquotedPlaceholder(value);
  if (unquoted !== undefined) {
    scope.value(
      path,
      `expected a text; one that begins with a brace needs quotes: "${unquoted}"`,
    );
  }
  return Object.entries(value).flatMap(([key, item]) => templates(scope, [...path, key], item));
}

function resolvePlaceholder(scope: Scope, path: JobPath, part: Placeholder, stream: Stream): void {
  if (part.from === "params") {
    if (scope.find("params", part.name) === undefined && !scope.isUnread("params", part.name)) {
      scope.unknown(path, "parameter", part.name, Object.keys(scope.job.params), {
        part: part.text,
      });
    }
  } else if (part.from === "each") {
    resolveEach(scope, path, part, stream);
  } else if (part.from === "paging") {
    resolvePlace(scope, path, part, stream);
  } else if (stream.window === undefined && path[0] === "streams") {
    scope.value(
      path,
      `"${part.text}" needs a window; add "window: day" or another length`,
      part.text,
    );
  } else if (
    path[0] === "streams" && /%[^%]*%?T?.*Z$/.test(part.format) && !part.format.includes("%z")
  ) {
    if (scope.job.time_zone !== "UTC") {
      scope.value(
        path,
        `"Z" means UTC, but the pattern writes ${scope.job.time_zone}; use |instant`,
      );
    }
  }
}

/** Number of the page, or offset: only in the path, and only where paging puts it there. */
function resolvePlace(scope: Scope, path: JobPath, part: Placeholder, stream: Stream): void {
  if (path.at(-1) !== "path") {
    return scope.value(path, `"${part.text}" is for the path of a request`, part.text);
  }
  if (placeOf(stream) === part.name) return;
  scope.value(
    path,
    `"${part.text}" needs paging in the path; write "paging: { by: ${part.name}, in: path, ... }"`,
    part.text,
  );
}

/** What paging puts into the path, if anything. */
function placeOf({ paging }: Stream): string | undefined {
  return "in" in paging && paging.in === "path" ? paging.by : undefined;
}

function resolveEach(scope: Scope, path: JobPath, part: Placeholder, stream: Stream): void {
  const sources = stream.for_each ?? {};
  if (!Object.hasOwn(sources, part.name)) {
    return scope.unknown(path, "value of for_each", part.name, Object.keys(sources), {
      part: part.text,
    });
  }
  const [sample] = sources[part.name]?.values ?? [];
  const [field] = part.fields;
  if (sample === undefined) return;
  if (typeof sample === "object" && sample !== null) {
    const fields = Object.keys(sample);
    if (field === undefined) {
      scope.value(path, `"${part.name}" has fields; write {each.${part.name}.${fields[0]}}`);
    } else if (!fields.includes(field)) {
      scope.unknown(path, "field", field, fields, { part: part.text });
    }
  } else if (field !== undefined) {
    scope.value(path, `"${part.name}" has no fields; write {each.${part.name}}`);
  }
}

/** A value that no request says would ask the same thing again for each of its values. */
function resolveUnused(
  scope: Scope,
  name: string,
  stream: Stream,
  found: readonly Found[],
): void {
  const said = new Set(
    found.flatMap(({ placeholder }) => placeholder.from === "each" ? [placeholder.name] : []),
  );
  for (const each of Object.keys(stream.for_each ?? {})) {
    if (said.has(each)) continue;
    scope.key(
      ["streams", name, "for_each", each],
      `the request does not say "${each}"; put {each.${each}} in it`,
    );
  }
}

/** Each window must be asked for as a whole, or records would be missing and nobody would know. */
function resolveWindow(
  scope: Scope,
  name: string,
  stream: Stream,
  found: readonly Found[],
): void {
  const { window } = stream;
  if (window === undefined) return;
  const path = ["streams", name, "window"];
  const edges = found.map(({ placeholder }) => placeholder).filter(({ from }) => from === "window");
  if (edges.length === 0) {
    return scope.value(
      path,
      "the request does not say the window; put {from}, {to} or {last} in it",
    );
  }
  const shortest = window.auto ? window.min : window.length;
  if (shortest.unit === "minute" && shortest.count % 1440 !== 0 && !edges.some(showsTime)) {
    scope.value(path, "the window is not of whole days, but the request says only dates");
  }
  if (edges.some((edge) => edge.name === "to" || edge.name === "last")) return;
  const length = window.auto ? undefined : window.length;
  if (length !== undefined && (isOneUnit(length) || mentions(stream.request, length.count))) {
    return;
  }
  scope.value(
    path,
    "the request says where a window begins and not where it ends; add {last} or {to}, or say window: day",
  );
}

/** Whether a window is one day, hour, month or the like, which its beginning alone can name. */
function isOneUnit({ unit, count }: WindowLength): boolean {
  return unit === "minute" ? [1, 60, 1440].includes(count) : count === 1;
}

/** Whether a number stands in a request, as the 7 of `?start={from}&days=7`. */
function mentions(request: unknown, count: number): boolean {
  return new RegExp(`(?<![\\d.])${count}(?![\\d.])`).test(JSON.stringify(request));
}

function resolveMethod(scope: Scope, path: JobPath, stream: Stream): void {
  const { method, body, form } = stream.request ?? {};
  if (method !== "POST" && (body !== undefined || form !== undefined)) {
    scope.key([...path, body === undefined ? "form" : "body"], 'a body needs "method: POST"');
  }
  if (body !== undefined && form !== undefined) {
    scope.key([...path, "form"], 'a request has either "body" or "form"');
  }
}

function resolvePath(scope: Scope, path: JobPath, text: string): void {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    scope.value(path, "expected a path below source.url, found an address");
  } else if (text.includes("#")) scope.value(path, "a path cannot have a part after #");
  else if (/(^|\/)\.{1,2}(\/|$)/.test(text)) {
    scope.value(path, 'a path cannot have a part "." or ".."');
  }
}
