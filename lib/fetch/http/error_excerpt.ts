// Owns finding the sentence in an answer that says no: sources put it under names of their own. Pure; the
// caller masks it. Invariant: what it gives is one short line, whatever the source sent.
import { oneLine } from "../../report/text/format.ts";

/** Longest excerpt, in characters. */
const MAX_CHARS = 200;

/** Names under which sources say what is wrong, the more telling first. */
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

/** What the body of an answer says is wrong, as one line; empty where it says nothing readable. */
export function errorExcerpt(body: Uint8Array, contentType: string | null): string {
  const text = new TextDecoder().decode(body.subarray(0, 16 * 1024)).trim();
  if (/^[{[]/.test(text)) return short(sentenceIn(parsed(text), 0) ?? "");
  if (/html/i.test(contentType ?? "") || text.startsWith("<")) {
    return short(/<title[^>]*>([^<]*)/i.exec(text)?.[1] ?? "");
  }
  return short(text);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The first sentence under a telling name; of a list all, with the place FastAPI puts in `loc`. */
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
    if (sentence !== undefined) return placeOf(value) + sentence;
  }
  return undefined;
}

function placeOf(value: object): string {
  const place = (value as { loc?: unknown }).loc;
  return Array.isArray(place) ? `${place.map(String).join(".")}: ` : "";
}

function short(text: string): string {
  const line = oneLine(text).replace(/\s+/g, " ").trim();
  return line.length <= MAX_CHARS ? line : `${line.slice(0, MAX_CHARS - 3)}...`;
}
