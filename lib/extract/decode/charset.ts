// Owns decoding the bytes of a response body to text. Pure. Invariant: bytes that are invalid in the
// charset of the response are an error, never a replacement character.
import { Failure } from "../../failure.ts";

/**
 * The text of a body: in UTF-16 where the bytes begin with its byte order mark, else in the charset of
 * `Content-Type`, else in UTF-8. A byte order mark is left out.
 *
 * @throws {Failure} of kind `window` for an unsupported charset, and for bytes that are invalid in it.
 */
export function decodeText(body: Uint8Array, contentType: string | null): string {
  const charset = markedCharset(body) ?? namedCharset(contentType) ?? "utf-8";
  try {
    return new TextDecoder(charset, { fatal: true }).decode(body);
  } catch (error) {
    const reason = error instanceof RangeError
      ? `the charset "${charset.slice(0, 40)}" is not supported`
      : `it is not valid ${charset}`;
    throw new Failure("window", `Cannot read the response: ${reason}`, {
      hint:
        "Request another charset with a header such as Accept-Charset, or report it to the API's provider",
    });
  }
}

function namedCharset(contentType: string | null): string | undefined {
  return /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType ?? "")?.[1];
}

/** In the Encoding Standard, the byte order mark of UTF-16 takes precedence over the header. */
function markedCharset(body: Uint8Array): string | undefined {
  if (body[0] === 0xff && body[1] === 0xfe) return "utf-16le";
  return body[0] === 0xfe && body[1] === 0xff ? "utf-16be" : undefined;
}
