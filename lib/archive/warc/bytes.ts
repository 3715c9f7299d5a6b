// Joins bytes and writes digests as WARC states them. Pure.
import { createHash } from "node:crypto";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The parts as one array. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Frees the memory of bytes that are no longer used: left to the garbage collector, megabytes would accumulate. */
export function release({ buffer, length }: Uint8Array): void {
  // A smaller array may share its buffer with others.
  if (length === buffer.byteLength && buffer instanceof ArrayBuffer) buffer.transfer(0);
}

/** The SHA-1 of the parts in sequence, such as `sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ`. */
export function sha1Of(parts: readonly Uint8Array[]): string {
  const hash = createHash("sha1");
  for (const part of parts) hash.update(part);
  return `sha1:${base32(hash.digest())}`;
}

/** Base32 without padding (RFC 4648); the length must be a multiple of 5 bytes. */
function base32(bytes: Uint8Array): string {
  let [text, bits, value] = ["", 0, 0];
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(value >> bits) & 31];
    }
    value &= (1 << bits) - 1;
  }
  return text;
}
