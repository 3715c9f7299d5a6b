// Owns how a stream's request, a unit and a step of paging become the value that is sent: method, URL,
// headers, body. Pure. It never adds credentials (auth.ts does, last, and only for the source's own
// origin), so what it makes may be printed. Invariant: no value can leave the path of the source.
import type { Job } from "../../config/schema/job.ts";
import type { RequestSpec, Stream } from "../../config/schema/job_schema.ts";
import { parseTemplate, renderTemplate, type RenderValues } from "../../config/schema/template.ts";
import { Failure } from "../../failure.ts";
import { renderBody } from "./request_body.ts";
import type { Unit } from "./unit.ts";
import type { PageStep } from "./page_step.ts";

/** A request as it goes out, but for credentials. */
export interface WireRequest {
  /** HTTP method. */
  readonly method: "GET" | "POST";
  /** Absolute address. */
  readonly url: string;
  /** Headers by name in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  /** Body of a POST. */
  readonly body?: string;
}

const ACCEPT: Readonly<Record<Stream["format"], string>> = {
  json: "application/json",
  ndjson: "application/x-ndjson, application/json;q=0.9",
  csv: "text/csv, text/plain;q=0.9",
};

/**
 * The request of one page of one unit.
 *
 * @throws Failure("window") where a value is missing from the path or would leave it.
 */
export function renderRequest(job: Job, stream: Stream, unit: Unit, step: PageStep): WireRequest {
  const spec = stream.request;
  if (spec === undefined) throw new RangeError("Cannot make a request: the stream has none");
  const paging = Object.fromEntries(paramsIn(step, "path"));
  const values: RenderValues = { ...unit, timeZone: job.time_zone, paging };
  const url = step.url ?? renderUrl(job.source.url, spec, values, step);
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

/** One line for people: method and address. */
export function requestLine(request: WireRequest): string {
  return `${request.method} ${request.url}`;
}

/** Name and text of the parameters of a step that go to one place. */
function paramsIn(
  step: PageStep,
  where: "query" | "header" | "path",
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
  // "+" means a blank in forms only; everybody reads "%20", and a plus sign itself is "%2B" here.
  return url.href.replace(/\?.*/s, (query) => query.replaceAll("+", "%20"));
}

function renderPath(template: string, values: RenderValues): string {
  const path = renderTemplate(parseTemplate(template), values, { percentEncode: true });
  if (path !== undefined) return [path].flat().join(",");
  throw new Failure("window", `Cannot make a path of "${template}": a placeholder has no value`, {
    hint: "Look at the values of for_each and of the parameters",
  });
}

/** The base with the path behind its own; parameters of both are kept. */
function joinPath(base: string, path: string): URL {
  const url = new URL(base);
  if (path === "") return url;
  const [behind = "", query = ""] = path.split(/\?(.*)/s, 2);
  refuseDots(behind);
  url.pathname = `${url.pathname.replace(/\/$/, "")}/${behind.replace(/^\//, "")}`;
  for (const [name, value] of new URLSearchParams(query)) url.searchParams.append(name, value);
  return url;
}

/** A URL parser removes such segments, encoded or not: the request would reach another endpoint. */
function refuseDots(path: string): void {
  if (!/(^|[/\\])(\.|%2e){1,2}([/\\]|$)/i.test(path)) return;
  throw new Failure("window", `Cannot send a request: its path "${path}" leaves the source's own`, {
    hint: "Look at the path, and at the values of for_each and of the parameters",
  });
}
