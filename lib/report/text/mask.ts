// Owns hiding secrets in text that people or files will see: addresses, errors, events, bodies quoted in
// a message. It knows the forms in which a secret travels (raw, percent-encoded, in JSON, in base64) and
// nothing of where secrets come from. Invariant: masking never throws and never lengthens a text by more
// than a mask for each secret found.
import { encodeBase64 } from "./base64.ts";

/** What stands in place of a secret. */
export const MASK = "***";

/** Texts shorter than this are hidden only where they stand alone, else "a" would blank every page. */
const SHORTEST_HIDDEN_INSIDE_WORDS = 4;

/** Replaces every secret in a text. */
export type Mask = (text: string) => string;

/**
 * A function that replaces each of the values, in every form it may take, by `***`.
 *
 * Hidden are the value itself, percent-encoded (as in a path and as in a form), escaped as in JSON, and
 * in base64 (plain and for addresses). Give `user:password` as a value of its own: its base64 is what HTTP
 * Basic sends. Values shorter than four characters are hidden only as whole words.
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
  // A source that takes UTF-8 for Latin-1 repeats a secret so.
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
