// Masks secrets in text for terminals, files and the database: URLs, errors, events, quoted bodies. It knows
// the encodings in which a secret may appear, and nothing of where secrets come from. Invariant: masking
// never throws, and replaces each occurrence by one mask.
import { encodeBase64 } from "./base64.ts";

/** The replacement for a secret. */
export const MASK = "***";

/** Replaces every secret in a text. */
export type Mask = (text: string) => string;

/** Longest secret whose plain characters are also recognized in escaped form; tokens can be kilobytes long. */
const LONGEST_FULLY_ESCAPED = 100;

/**
 * A function that replaces each of the values, in every form it may take, by `***`.
 *
 * Each character is recognized literally, percent-encoded (also repeatedly), as a JSON escape (`\/`,
 * `\u002f`) and as an HTML entity, in any mixture; the value is also recognized in base64, padded or not, in
 * either alphabet. Pass `user:password` as an additional value: its base64 is what HTTP Basic sends. A weak
 * secret ({@linkcode isWeakSecret}) is masked only where it stands as a credential: after `=`, `/`, `Bearer`
 * or `Basic`, between `:` and `@`.
 */
export function maskSecrets(values: readonly string[]): Mask {
  const longestFirst = [...new Set(values)].filter((value) => value !== "")
    .sort((a, b) => b.length - a.length);
  if (longestFirst.length === 0) return (text) => text;
  const compiled = new Map<Forms, RegExp>();
  const patternFor = (forms: Forms) => {
    const pattern = compiled.get(forms) ??
      new RegExp(longestFirst.map((value) => patternOf(value, forms)).join("|"), "gu");
    compiled.set(forms, pattern);
    return pattern;
  };
  return (text) => text.replace(patternFor(ESCAPE.test(text) ? "all" : "unescaped"), MASK);
}

/** What a text without escapes can hold; compiling the pattern of all forms takes 20 ms. */
type Forms = "all" | "unescaped";

/** What every escape contains. */
const ESCAPE = /%[\da-fA-F]{2}|\\|&(?:#|(?:amp|quot|apos|lt|gt);)/;

/**
 * Whether a secret is too short or too common to be masked everywhere: fewer than four characters, a plain
 * word, or a short number.
 */
export function isWeakSecret(value: string): boolean {
  return value.length < 4 || /^\p{L}?\p{Ll}{0,11}$/u.test(value) || /^\d{1,7}$/.test(value);
}

function patternOf(value: string, forms: Forms): string {
  const base64 = encodeBase64(value.toWellFormed()).replace(/=+$/, "");
  const url = base64.replaceAll("+", "-").replaceAll("/", "_");
  const escaped = value.length <= LONGEST_FULLY_ESCAPED;
  const characters = [...value].map((character) => characterPattern(character, escaped, forms))
    .join("");
  const padding = forms === "all" ? "(?:=|%3[dD])*" : "=*";
  const encoded = [...new Set([base64, url])].map((form) =>
    [...form].map((character) => characterPattern(character, false, forms)).join("") + padding
  );
  if (!isWeakSecret(value)) return [characters, ...encoded].join("|");
  const weak = `(?<=[=/]|Bearer |Basic )(?:${characters})(?![\\p{L}\\p{N}_])`;
  return [weak, `(?<=:)(?:${characters})(?=@)`, ...(value.length < 4 ? [] : encoded)].join("|");
}

/** The forms of one character; with `escaped` also those of letters and digits, which few encoders escape. */
function characterPattern(character: string, escaped: boolean, forms: Forms): string {
  const literal = codePoint(character);
  if (!escaped && /[\w.~-]/.test(character)) return literal;
  const bytes = [...new TextEncoder().encode(character)];
  if (forms === "unescaped") return unescapedPattern(character, bytes);
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  const code = character.codePointAt(0)!;
  // The escaped forms come first: "%", "&" and a backslash also begin their own escapes.
  const escapes = [
    bytes.map((byte) => `%(?:25){0,3}${anyCase(byte.toString(16).padStart(2, "0"))}`).join(""),
    units.map(jsonEscape).join(""),
    `&(?:amp;)?#(?:0{0,4}${code}|[xX]0{0,4}${anyCase(code.toString(16))});`,
    ...(NAMED[character] ?? []),
    literal,
  ];
  if (code < 0x80) return `(?:${escapes.join("|")})`;
  // An API that reads UTF-8 as Latin-1 echoes a secret in this form.
  const misread = bytes.map((byte) =>
    `(?:${codePoint(String.fromCharCode(byte))}|${jsonEscape(byte)})`
  );
  return `(?:${[misread.join(""), ...escapes].join("|")})`;
}

/** The forms of one character that are no escapes; forms write a space as "+". */
function unescapedPattern(character: string, bytes: readonly number[]): string {
  const literal = codePoint(character);
  if (character === " ") return `(?:\\+|${literal})`;
  if (character.codePointAt(0)! < 0x80) return literal;
  const misread = bytes.map((byte) => codePoint(String.fromCharCode(byte))).join("");
  return `(?:${misread}|${literal})`;
}

/** Escapes of single characters: in JSON, in forms, and the named entities of HTML. */
const NAMED: Readonly<Record<string, string[]>> = {
  " ": ["\\+"],
  "/": ["\\\\{1,4}/"],
  '"': ['\\\\{1,4}"', "&(?:amp;)?quot;"],
  "'": ["&(?:amp;)?apos;"],
  "&": ["&(?:amp;)?amp;"],
  "<": ["&(?:amp;)?lt;"],
  ">": ["&(?:amp;)?gt;"],
  "\\": ["\\\\{2,4}"],
  "\n": ["\\\\{1,4}n"],
  "\r": ["\\\\{1,4}r"],
  "\t": ["\\\\{1,4}t"],
  "\b": ["\\\\{1,4}b"],
  "\f": ["\\\\{1,4}f"],
};

function codePoint(character: string): string {
  return /^\w$/.test(character) ? character : `\\u{${character.codePointAt(0)!.toString(16)}}`;
}

function jsonEscape(unit: number): string {
  return `\\\\{1,4}u${anyCase(unit.toString(16).padStart(4, "0"))}`;
}

function anyCase(hex: string): string {
  return hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}
