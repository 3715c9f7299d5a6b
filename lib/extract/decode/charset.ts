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
  return textDecoder(body, contentType, encoding)(body, false);
}

/**
 * The decoder of a body that comes in pieces, chosen by its first piece; `follows` declares that more come.
 *
 * @throws {Failure} of kind `window` for an unsupported charset; decoding throws one for invalid bytes.
 */
export function textDecoder(
  first: Uint8Array,
  contentType: string | null,
  encoding?: string,
): (piece: Uint8Array, follows: boolean) => string {
  const charset = markedCharset(first) ?? encoding ?? namedCharset(contentType) ??
    xmlCharset(first) ?? "utf-8";
  const attempt = <T>(decode: () => T): T => {
    try {
      return decode();
    } catch (error) {
      throw undecodable(charset, error);
    }
  };
  const decoder = attempt(() => new TextDecoder(charset, { fatal: true }));
  return (piece, follows) => attempt(() => decoder.decode(piece, { stream: follows }));
}

function undecodable(charset: string, error: unknown): Failure {
  const reason = error instanceof RangeError
    ? `the charset "${charset.slice(0, 40)}" is not supported`
    : `it is not valid ${charset}`;
  return new Failure("window", `Cannot read the response: ${reason}`, {
    hint: 'Declare the encoding of the stream\'s responses, such as "encoding: windows-1252"',
  });
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
