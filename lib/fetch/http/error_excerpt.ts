// Finds the sentence in an error response; APIs use many names for it. Pure; the caller masks it.
// Invariant: the excerpt is one short line, whatever the API sent.
import { oneLine } from "../../report/text/format.ts";

/** Longest excerpt, in characters. */
const MAX_CHARS = 200;

/** Names under which APIs report an error, the most specific first. */
const NAMES = [
  "detail",
  "error_description",
  "message",
  "msg",
  "error",
  "errors",
  "title",
  "reason",
];

/** Elements in which XML reports an error: SOAP faults, acknowledgements, and names as above. */
const ELEMENTS = ["faultstring", "detail", "message", "error", "reason", "text", "description"];

/** Returns the error that a response body reports, as one line; empty if it reports nothing readable. */
export function errorExcerpt(body: Uint8Array, contentType: string | null): string {
  const text = new TextDecoder().decode(body.subarray(0, 16 * 1024)).trim();
  if (/^[{[]/.test(text)) return short(sentenceIn(parsed(text), 0) ?? "");
  if (/html/i.test(contentType ?? "") || text.startsWith("<")) {
    return short(/<title[^>]*>([^<]*)/i.exec(text)?.[1] ?? elementIn(text) ?? "");
  }
  return short(text);
}

/** The text of the first element, by the order of their names, that holds text alone. */
function elementIn(xml: string): string | undefined {
  for (const name of ELEMENTS) {
    const elements = xml.matchAll(
      new RegExp(`<(?:[\\w.-]{1,40}:)?${name}(?:\\s[^<>]*)?>([^<]*)<`, "gi"),
    );
    const text = [...elements].map((match) => match[1]!).find((text) => text.trim() !== "");
    if (text !== undefined) return text;
  }
  return undefined;
}

/** The error that a decoded value reports under a known name; undefined if it reports none. */
export function errorSentence(value: unknown): string | undefined {
  const sentence = sentenceIn(value, 0);
  return sentence === undefined ? undefined : short(sentence);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Returns the first sentence under a known name; of an array all, each with the location that FastAPI puts in `loc`. */
function sentenceIn(value: unknown, depth: number): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null || depth > 3) return undefined;
  if (Array.isArray(value)) {
    const sentences = value.slice(0, 3).map((item) => sentenceIn(item, depth + 1));
    return sentences.filter((sentence) => sentence !== undefined).join("; ") || undefined;
  }
  for (const name of NAMES) {
    const inner = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
    const sentence = sentenceIn(inner, depth + 1);
    if (sentence !== undefined) return locationOf(value) + sentence;
  }
  return undefined;
}

function locationOf(value: object): string {
  const location = (value as { loc?: unknown }).loc;
  return Array.isArray(location) ? `${location.map(String).join(".")}: ` : "";
}

function short(text: string): string {
  const line = oneLine(text).replace(/\s+/g, " ").trim();
  return line.length <= MAX_CHARS ? line : `${line.slice(0, MAX_CHARS - 3)}...`;
}
