// Owns the body of a POST: JSON, XML or a form, with placeholders rendered and paging parameters set. Pure.
// Invariant: a string that is a single placeholder keeps the type of its value in JSON; one without a value
// is left out.
import type { RequestSpec } from "../../config/schema/job_schema.ts";
import { Failure } from "../../failure.ts";
import {
  parseTemplate,
  renderJson,
  renderTemplate,
  type RenderValues,
} from "../../config/template/template.ts";
import type { PageParam } from "./page_step.ts";
import type { PageStep } from "./page_step.ts";

/** A rendered body. */
export interface RenderedBody {
  /** Its media type. */
  readonly type: string;
  /** The serialized body. */
  readonly text: string;
}

/** Renders the body of a request for one unit and one paging step. */
export function renderBody(spec: RequestSpec, values: RenderValues, step: PageStep): RenderedBody {
  const params = step.params.filter((param) => param.in === "body");
  if (spec.form !== undefined) {
    return {
      type: "application/x-www-form-urlencoded",
      text: renderForm(spec.form, values, params).toString(),
    };
  }
  if (spec.xml !== undefined) {
    const text = renderTemplate(parseTemplate(spec.xml), values, { escapeXml: true });
    if (typeof text === "string") return { type: "text/xml; charset=utf-8", text };
    throw new Failure("window", 'Cannot build the body "xml": a placeholder has no value', {
      hint: "Check the values of for_each and of the parameters",
    });
  }
  let body = rendered(spec.body ?? {}, values);
  for (const param of params) body = withParam(body, param.name.split("."), param.value);
  return { type: "application/json", text: JSON.stringify(body) };
}

function renderForm(
  form: NonNullable<RequestSpec["form"]>,
  values: RenderValues,
  params: readonly PageParam[],
): URLSearchParams {
  const fields = new URLSearchParams();
  for (const [name, template] of Object.entries(form)) {
    const value = renderTemplate(parseTemplate(template), values) ?? [];
    for (const one of [value].flat()) fields.append(name, one);
  }
  for (const param of params) fields.set(param.name, String(param.value));
  return fields;
}

function rendered(value: unknown, values: RenderValues): unknown {
  if (typeof value === "string") return renderJson(parseTemplate(value), values);
  if (Array.isArray(value)) {
    return value.map((item) => rendered(item, values)).filter((item) => item !== undefined);
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, rendered(item, values)]),
  );
}

/** Returns the body with a parameter set at a dotted path such as `page.after` or `params.0.after`; a scalar on the way is replaced. */
export function withParam(body: unknown, steps: readonly string[], value: unknown): unknown {
  const [name, ...rest] = steps;
  if (name === undefined) return value;
  if (Array.isArray(body) && Number(name) < body.length) {
    return body.with(Number(name), withParam(body[Number(name)], rest, value));
  }
  const isMap = typeof body === "object" && body !== null && !Array.isArray(body);
  const entries = isMap ? Object.entries(body) : [];
  const inner = entries.find(([key]) => key === name)?.[1];
  return Object.fromEntries([
    ...entries.filter(([key]) => key !== name),
    [name, withParam(inner, rest, value)],
  ]);
}
