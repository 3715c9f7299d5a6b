// Renders a stream's request for a unit and a paging step: method, URL, headers, body. Pure. It never
// adds credentials (auth.ts does, last, and only for the API's origin), so its result may be printed.
// Invariant: no value can lead outside the API's base path.
import type { Job } from "../../config/schema/job.ts";
import type { RequestSpec, Stream } from "../../config/schema/job_schema.ts";
import {
  parseTemplate,
  renderJson,
  renderTemplate,
  type RenderValues,
} from "../../config/template/template.ts";
import { instantIn } from "../../extract/cast/moment.ts";
import { Failure } from "../../failure.ts";
import { renderBody } from "./request_body.ts";
import type { Unit } from "./unit.ts";
import type { PageStep } from "./page_step.ts";

/** A rendered request without credentials. */
export interface WireRequest {
  /** HTTP method. */
  readonly method: "GET" | "POST";
  /** Absolute URL. */
  readonly url: string;
  /** Headers by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Body of a POST. */
  readonly body?: string;
}

const ACCEPT: Readonly<Record<Stream["format"], string>> = {
  json: "application/json",
  ndjson: "application/x-ndjson, application/json;q=0.9",
  csv: "text/csv, text/plain;q=0.9",
  xml: "application/xml, text/xml",
};

/** The request of a file whose URL is known. */
const FILE_REQUEST: RequestSpec = { path: "", method: "GET", query: {}, headers: {} };

/**
 * Renders the request for one page of one unit.
 *
 * @throws Failure("window") if a placeholder of the path has no value, or its value would change the path.
 */
export function renderRequest(job: Job, stream: Stream, unit: Unit, asked: PageStep): WireRequest {
  const spec = stream.request ?? (asked.url === undefined ? undefined : FILE_REQUEST);
  if (spec === undefined) throw new RangeError("Cannot render a request: the stream has none");
  const { window, each, params, export: exported } = unit;
  const cursor = unit.since;
  const cursorAt = cursor === undefined ? undefined : instantIn(cursor, job.time_zone);
  const since = stream.since && { start: stream.since.start, cursor, cursorAt };
  const bare = {
    window,
    each,
    params,
    export: exported && { id: exported.id },
    since,
    timeZone: job.time_zone,
  };
  const step = renderParams(asked, bare);
  const paging = Object.fromEntries(
    step.params.flatMap((param) => param.in === "path" ? [[param.name, param.value]] : []),
  );
  const values: RenderValues = { ...unit, since, timeZone: job.time_zone, paging };
  const link = stream.since?.link === undefined ? undefined : unit.since;
  const url = step.url ?? link ?? renderUrl(job.source.url, spec, values, step);
  const headers = {
    accept: ACCEPT[stream.format],
    ...renderHeaders(job.source.headers, values),
    ...renderHeaders(spec.headers, values),
    ...Object.fromEntries(paramsIn(step, "header").map(([k, v]) => [k.toLowerCase(), v])),
  };
  if (spec.method === "GET") return { method: "GET", url, headers };
  const { type, text } = renderBody(spec, values, step);
  return { method: "POST", url, headers: { "content-type": type, ...headers }, body: text };
}

/** Returns method and URL as one line. */
export function requestLine(request: WireRequest): string {
  return `${request.method} ${request.url}`;
}

/** The step with its templates rendered; a parameter without a value is omitted. */
function renderParams(step: PageStep, values: RenderValues): PageStep {
  if (!step.params.some(({ isTemplate }) => isTemplate)) return step;
  const params = step.params.flatMap(({ isTemplate, ...param }) => {
    if (!isTemplate) return [param];
    const value = renderJson(parseTemplate(String(param.value)), values);
    return value === undefined ? [] : [{ ...param, value }];
  });
  return { ...step, params };
}

/** Returns names and values of a step's parameters for one part of the request. */
function paramsIn(
  step: PageStep,
  where: "query" | "header",
): [name: string, value: string][] {
  return step.params.filter((param) => param.in === where)
    .map((param) => [param.name, String(param.value)]);
}

function renderHeaders(
  headers: RequestSpec["headers"],
  values: RenderValues,
): Record<string, string> {
  const rendered: Record<string, string> = {};
  for (const [name, template] of Object.entries(headers)) {
    const value = renderTemplate(parseTemplate(template), values);
    if (value !== undefined) rendered[name.toLowerCase()] = [value].flat().join(", ");
  }
  return rendered;
}

function renderUrl(base: string, spec: RequestSpec, values: RenderValues, step: PageStep): string {
  const url = joinPath(base, renderPath(spec.path, values));
  for (const [name, templates] of Object.entries(spec.query)) {
    for (const template of [templates].flat()) {
      const value = renderTemplate(parseTemplate(template), values) ?? [];
      for (const one of [value].flat()) url.searchParams.append(name, one);
    }
  }
  for (const [name, value] of paramsIn(step, "query")) url.searchParams.set(name, value);
  // "+" means a space in forms only; "%20" is read everywhere, and a plus sign itself is "%2B" here.
  return url.href.replace(/\?.*/s, (query) => query.replaceAll("+", "%20"));
}

function renderPath(template: string, values: RenderValues): string {
  const path = renderTemplate(parseTemplate(template), values, { percentEncode: true });
  if (path !== undefined) return [path].flat().join(",");
  throw new Failure("window", `Cannot render the path "${template}": a placeholder has no value`, {
    hint: "Check the values of for_each and of the parameters",
  });
}

/** Appends the path to that of the base; query parameters of both are kept. */
function joinPath(base: string, path: string): URL {
  const url = new URL(base);
  if (path === "") return url;
  const [below = "", query = ""] = path.split(/\?(.*)/s, 2);
  refuseDots(below);
  url.pathname = `${url.pathname.replace(/\/$/, "")}/${below.replace(/^\//, "")}`;
  for (const [name, value] of new URLSearchParams(query)) url.searchParams.append(name, value);
  return url;
}

/** URL parsers resolve such segments, encoded or not: the request would reach another endpoint. */
function refuseDots(path: string): void {
  if (!/(^|[/\\])(\.|%2e){1,2}([/\\]|$)/i.test(path)) return;
  throw new Failure(
    "window",
    `Cannot send a request: its path "${path}" leads outside the API's base path`,
    {
      hint: "Check the path, the values of for_each and the parameters",
    },
  );
}

/** The first request of a stream for a unit: the order of its export, or that of its first page. */
export function renderFirst(job: Job, stream: Stream, unit: Unit, step: PageStep): WireRequest {
  const order = stream.export?.order;
  if (order === undefined) return renderRequest(job, stream, unit, step);
  return renderRequest(job, { ...stream, request: order, format: "json" }, unit, { params: [] });
}
