// Masks secrets in text that is displayed or stored: URLs, errors, events, quoted bodies. It knows the forms
// in which a secret is transmitted (raw, percent-encoded, in JSON, in base64), not where secrets come from.
// Invariant: masking never throws, and lengthens a text by at most one mask for each secret found.
import { encodeBase64 } from "./base64.ts";

/** The replacement of a secret. */
export const MASK = "***";

/** Shorter secrets are masked only as whole words; otherwise "a" would blank every page. */
const SHORTEST_HIDDEN_INSIDE_WORDS = 4;

/** Replaces every secret in a text. */
export type Mask = (text: string) => string;

/**
 * Creates a function that replaces each value, in every form it may take, with `***`.
 *
 * It masks the value itself, its percent-encoded forms (path and form), its JSON-escaped form, and its base64
 * forms (standard and URL-safe). Pass `user:password` as a separate value: HTTP Basic sends its base64.
 * Values shorter than four characters are masked only as whole words.
 */
export function maskSecrets(values: readonly string[]): Mask {
  const forms = new Set(values.filter((value) => value !== "").flatMap(formsOf));
  if (forms.size === 0) return (text) => text;
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map(patternOf).join("|"), "gu");
  return (text) => text.replace(pattern, MASK);
}

function formsOf(value: string): string[] {
  const base64 = encodeBase64(value);
  const url = base64.replaceAll("+", "-").replaceAll("/", "_");
  const wellFormed = value.toWellFormed();
  // An API that reads UTF-8 as Latin-1 echoes a secret in this form.
  const misread = String.fromCharCode(...new TextEncoder().encode(value));
  return [
    value,
    misread,
    JSON.stringify(misread).slice(1, -1),
    encodeURI(wellFormed),
    encodeURIComponent(wellFormed),
    lowerCaseEscapes(encodeURIComponent(wellFormed)),
    new URLSearchParams({ v: value }).toString().slice(2),
    JSON.stringify(value).slice(1, -1),
    base64,
    base64.replace(/=+$/, ""),
    url.replace(/=+$/, ""),
  ];
}

function lowerCaseEscapes(text: string): string {
  return text.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase());
}

function patternOf(form: string): string {
  const literal = form.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  if (form.length >= SHORTEST_HIDDEN_INSIDE_WORDS) return literal;
  return `(?<![\\p{L}\\p{N}_])${literal}(?![\\p{L}\\p{N}_])`;
}
