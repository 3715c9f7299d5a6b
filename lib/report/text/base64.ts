// Encodes text as base64 of its UTF-8 bytes, which `btoa` alone cannot do. It never decodes.

/** The base64 encoding (RFC 4648, section 4) of the UTF-8 bytes of a text. */
export function encodeBase64(text: string): string {
  return btoa(String.fromCodePoint(...new TextEncoder().encode(text)));
}
