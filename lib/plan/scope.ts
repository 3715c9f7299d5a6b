// Owns the identity of a track: a stream, the parameters that its requests use, and the `for_each`
// values. A run restricted to one region covers that region only; a stream that does not use the
// parameter has the same coverage for all regions.
import type { Job } from "../config/schema/job.ts";

/** Windows that are covered together: a stream, its parameters, its `for_each` values. */
export interface Track {
  /** Name of the stream. */
  readonly stream: string;
  /** Canonical string of the parameters that the stream's requests use. */
  readonly scope: string;
  /** Canonical string of the `for_each` values. */
  readonly each: string;
}

/** The parameters that a stream's requests or rows refer to. */
function usedParams(
  job: Pick<Job, "source" | "streams">,
  stream: string,
  params: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const { request, export: exported, rows } = job.streams[stream]!;
  const text = JSON.stringify([request ?? null, exported ?? null, rows, job.source.headers]);
  return Object.fromEntries(
    Object.entries(params).filter(([name]) => mention(name).test(text)),
  );
}

/** `{params.NAME}` in a template, `$params.NAME` or `$params["NAME"]` in a path; both inside JSON. */
function mention(name: string): RegExp {
  return new RegExp(`\\bparams(\\.${name}(?![A-Za-z0-9_])|\\[\\\\?["']${name}\\\\?["']\\])`);
}

/** Canonical string of the parameters that a stream uses. */
export function scopeOf(
  job: Pick<Job, "source" | "streams">,
  stream: string,
  params: Readonly<Record<string, unknown>>,
): string {
  return canonical(usedParams(job, stream, params));
}

/** Longest readable key part; a longer one is replaced by its hash (a key holds 2 KiB). */
const READABLE_CHARS = 200;

/**
 * A canonical string of named values, such as `region_codes=gb,ire`; empty without values. The order of
 * names and of arrays does not matter; different values have different strings.
 */
export function canonical(values: Readonly<Record<string, unknown>>): string {
  const parts = Object.keys(values).sort()
    .filter((name) => hasValue(values[name]))
    .map((name) => `${name}=${write(values[name])}`);
  const text = parts.join("&");
  const key = text.length <= READABLE_CHARS ? text : `${text.slice(0, 40)}~${hash(text)}`;
  return key.toWellFormed();
}

function hasValue(value: unknown): boolean {
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
}

function write(value: unknown): string {
  if (Array.isArray(value)) return value.map(write).sort().join(",");
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return text.replace(/[%&=,]/g, encodeURIComponent);
}

/** FNV-1a with two seeds, 64 bits in hexadecimal: distinguishes strings, protects nothing. */
function hash(text: string): string {
  let [a, b] = [0x811c9dc5, 0x9e3779b9];
  for (let i = 0; i < text.length; i++) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x01000193);
    b = Math.imul(b ^ text.charCodeAt(i), 0x85ebca6b);
  }
  return [a, b].map((part) => (part >>> 0).toString(16).padStart(8, "0")).join("");
}
