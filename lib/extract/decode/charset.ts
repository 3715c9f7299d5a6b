// Owns turning the bytes of an answer into text. Pure. Invariant: bytes that are not text in the charset
// that the source names are an error, never a replacement character.
import { Failure } from "../../failure.ts";

/**
 * The text of a body: in the charset of `Content-Type`, in UTF-16 where the bytes begin with its mark,
 * else in UTF-8. A mark is left out.
 *
 * @throws Failure("window") for a charset that is not known, and for bytes that are none of its text.
 */
export function decodeText(body: Uint8Array, contentType: string | null): string {
  const charset = markedCharset(body) ?? namedCharset(contentType) ?? "utf-8";
  try {
    return new TextDecoder(charset, { fatal: true }).decode(body);
  } catch (error) {
    const reason = error instanceof RangeError
      ? `its charset "${charset.slice(0, 40)}" is not known`
      : `it is not text in the charset "${charset}"`;
    throw new Failure("window", `Cannot read the answer: ${reason}`, {
      hint: "Ask for another charset with a header such as Accept-Charset, or tell the source",
    });
  }
}

function namedCharset(contentType: string | null): string | undefined {
  return /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType ?? "")?.[1];
}

/** The Encoding Standard lets the mark of UTF-16 win over what a header says. */
function markedCharset(body: Uint8Array): string | undefined {
  if (body[0] === 0xff && body[1] === 0xfe) return "utf-16le";
  return body[0] === 0xfe && body[1] === 0xff ? "utf-16be" : undefined;
}
