// Decodes the bytes of a response body to text. Pure. Invariant: bytes that are invalid in the
// charset of the response are an error, never a replacement character.
import { Failure } from "../../failure.ts";

/**
 * The text of a body: in UTF-16 where the bytes begin with its byte order mark, else in the `encoding` that the
 * job declares, the charset of `Content-Type`, that of an XML declaration, or UTF-8. A byte order mark is left out.
 *
 * @throws {Failure} of kind `window` for an unsupported charset, and for bytes that are invalid in it.
 */
export function decodeText(
  body: Uint8Array,
  contentType: string | null,
  encoding?: string,
): string {
  const charset = markedCharset(body) ?? encoding ?? namedCharset(contentType) ??
    xmlCharset(body) ?? "utf-8";
  try {
    return new TextDecoder(charset, { fatal: true }).decode(body);
  } catch (error) {
    const reason = error instanceof RangeError
      ? `the charset "${charset.slice(0, 40)}" is not supported`
      : `it is not valid ${charset}`;
    throw new Failure("window", `Cannot read the response: ${reason}`, {
      hint: 'Declare the encoding of the stream\'s responses, such as "encoding: windows-1252"',
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

/** The encoding that an XML declaration names; it is written in ASCII. */
function xmlCharset(body: Uint8Array): string | undefined {
  if (body[0] !== 0x3c || body[1] !== 0x3f) return undefined;
  const start = String.fromCharCode(...body.subarray(0, 200));
  return /^<\?xml[^>]*?\sencoding\s*=\s*["']([\w.:-]+)["']/.exec(start)?.[1];
}
