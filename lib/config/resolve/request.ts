// Checks the request of a stream: its placeholders must name existing parameters, values of for_each or
// the window, and it must request each window completely. Pure.
import type { WindowLength } from "../../plan/time/duration.ts";
import type { RequestSpec, Stream } from "../schema/job_schema.ts";
import { type Placeholder, showsTime } from "../template/placeholder.ts";
import { type Found, resolvePagePlace, resolvePagePlaces } from "./page_place.ts";
import { resolveHeaders } from "./source.ts";
import type { JobPath, Scope } from "./scope.ts";
import { resolvePosition } from "./since.ts";
import { unquotedPlaceholder } from "../schema/issue_sentence.ts";
import { placeholders, readTemplate } from "../template/template.ts";

/** Checks the requests of a stream: its own, and those of its export. */
export function resolveRequest(scope: Scope, name: string, stream: Stream): void {
  const requests = requestsOf(name, stream);
  if (requests.length === 0) return;
  const before = scope.problems.length;
  const found = [
    ...requests.flatMap(([at, spec]) => templatesOf(scope, at, spec)),
    ...templates(scope, ["source", "headers"], scope.job.source.headers),
    ...pagingTemplates(scope, name, stream),
  ];
  const areRead = scope.problems.length === before;
  if (areRead) resolvePagePlaces(scope, name, stream, found);
  for (const { path, placeholder } of found) {
    if (scope.isCut(name, placeholder.from === "each" ? "for_each" : placeholder.from)) continue;
    resolvePlaceholder(scope, path, placeholder, stream);
  }
  if (areRead) {
    resolveWindow(scope, name, stream, found);
    resolvePosition(scope, ["streams", name], stream, found);
    resolveUnused(scope, name, stream, found);
  }
  for (const [at, spec] of requests) {
    resolveHeaders(scope, [...at, "headers"], Object.keys(spec.headers));
    resolveMethod(scope, at, spec);
    resolvePath(scope, [...at, "path"], spec.path);
  }
  resolveXml(scope, name, stream);
}

/** The requests of a stream, with where they are declared. */
function requestsOf(name: string, { request, export: exported }: Stream): [JobPath, RequestSpec][] {
  const path = ["streams", name];
  return [
    ...request === undefined ? [] : [[[...path, "request"], request] as [JobPath, RequestSpec]],
    ...exported === undefined ? [] : [
      [[...path, "export", "order"], exported.order] as [JobPath, RequestSpec],
      [[...path, "export", "status"], exported.status] as [JobPath, RequestSpec],
    ],
  ];
}

function resolveXml(scope: Scope, name: string, { request, paging }: Stream): void {
  if (request?.xml === undefined || !("in" in paging) || paging.in !== "body") return;
  scope.key(
    ["streams", name, "request", "xml"],
    '"xml" cannot hold the parameters of "paging" with "in: body"',
  );
}

function templatesOf(scope: Scope, path: JobPath, request: RequestSpec): Found[] {
  return (["path", "query", "headers", "body", "form", "xml"] as const).flatMap((key) =>
    templates(scope, [...path, key], request[key])
  );
}

/** The placeholders of a cursor that begins or ends at an edge of the window. */
function pagingTemplates(scope: Scope, name: string, { paging }: Stream): Found[] {
  if (paging.by !== "cursor") return [];
  const path = ["streams", name, "paging"];
  return (["first", "until"] as const).flatMap((key) =>
    templates(scope, [...path, key], paging[key])
  );
}

/** The placeholders in all strings of a value; malformed templates are reported. */
function templates(scope: Scope, path: JobPath, value: unknown): Found[] {
  if (typeof value === "string") {
    const template = readTemplate(value);
    if (!("problem" in template)) {
      const isWhole = template.parts.length === 1;
      return placeholders(template).map((placeholder) => ({ path, placeholder, isWhole }));
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
      `expected a string; a string that begins with a brace needs quotes: "${unquoted}"`,
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
    resolvePagePlace(scope, path, part, stream);
  } else if (part.from === "export") {
    resolveExportId(scope, path, part, stream);
  } else if (part.from === "since") {
    return;
  } else if (stream.window === undefined && path[0] === "streams") {
    scope.value(
      path,
      `"${part.text}" requires a window; add "window: day" or another length`,
      part.text,
    );
  } else if (
    path[0] === "streams" && /%[^%]*%?T?.*Z$/.test(part.format) && !part.format.includes("%z")
  ) {
    if (scope.job.time_zone !== "UTC" && part.utc !== true) {
      scope.value(
        path,
        `"Z" means UTC, but the pattern writes ${scope.job.time_zone}; use |instant, or |utc before it`,
      );
    }
  }
}

/** The ID of an export is known once it is ordered. */
function resolveExportId(scope: Scope, path: JobPath, part: Placeholder, stream: Stream): void {
  if (stream.export === undefined) {
    scope.value(path, `"${part.text}" requires "export"`, part.text);
  } else if (path[3] === "order") {
    scope.value(path, `"${part.text}" is not known before the export is ordered`, part.text);
  }
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

/** Reports values of for_each that the request does not use: it would be sent again unchanged. */
function resolveUnused(
  scope: Scope,
  name: string,
  stream: Stream,
  found: readonly Found[],
): void {
  const used = new Set(
    found.flatMap(({ placeholder }) => placeholder.from === "each" ? [placeholder.name] : []),
  );
  for (const each of Object.keys(stream.for_each ?? {})) {
    if (used.has(each)) continue;
    scope.key(
      ["streams", name, "for_each", each],
      `the request does not use "${each}"; add {each.${each}} to it`,
    );
  }
}

/** Each window must be requested completely, or records would be missing without notice. */
function resolveWindow(
  scope: Scope,
  name: string,
  stream: Stream,
  found: readonly Found[],
): void {
  const { window, since } = stream;
  if (window === undefined || since !== undefined) return;
  const path = ["streams", name, "window"];
  const edges = found.map(({ placeholder }) => placeholder).filter(({ from }) => from === "window");
  if (edges.length === 0) {
    return scope.value(
      path,
      "the request does not use the window; add {from}, {to} or {last} to it",
    );
  }
  const shortest = window.auto ? window.min : window.length;
  if (shortest.unit === "minute" && shortest.count % 1440 !== 0 && !edges.some(showsTime)) {
    scope.value(path, "the window is not a number of whole days, but the request sends only dates");
  }
  if (edges.some((edge) => edge.name === "to" || edge.name === "last")) return;
  const length = window.auto ? undefined : window.length;
  if (
    length !== undefined &&
    (isOneUnit(length) || mentions([stream.request, stream.export?.order], length.count))
  ) {
    return;
  }
  scope.value(
    path,
    "the request sends the start of a window but not its end; add {last} or {to}, or use window: day",
  );
}

/** Whether a window is one day, hour, month or the like, which its start alone can identify. */
function isOneUnit({ unit, count }: WindowLength): boolean {
  return unit === "minute" ? [1, 60, 1440].includes(count) : count === 1;
}

/** Whether a request contains a number, such as the 7 of `?start={from}&days=7`. */
function mentions(request: unknown, count: number): boolean {
  return new RegExp(`(?<![\\d.])${count}(?![\\d.])`).test(JSON.stringify(request));
}

function resolveMethod(scope: Scope, path: JobPath, request: RequestSpec): void {
  const [first, second] = (["body", "form", "xml"] as const).filter((key) =>
    request[key] !== undefined
  );
  if (first !== undefined && request.method !== "POST") {
    scope.key([...path, first], 'a body requires "method: POST"');
  }
  if (second !== undefined) {
    scope.key([...path, second], `a request has either "${first}" or "${second}"`);
  }
}

function resolvePath(scope: Scope, path: JobPath, text: string): void {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    scope.value(path, "expected a path relative to source.url, found a URL");
  } else if (text.includes("#")) scope.value(path, "a path cannot contain #");
  else if (/(^|\/)\.{1,2}(\/|$)/.test(text)) {
    scope.value(path, 'a path cannot have a segment "." or ".."');
  }
}
