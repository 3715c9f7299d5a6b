// Owns base64 of text as UTF-8, which `btoa` alone cannot do. It never decodes.

/** The UTF-8 bytes of a text in base64 (RFC 4648, section 4). */
export function encodeBase64(text: string): string {
  return btoa(String.fromCodePoint(...new TextEncoder().encode(text)));
}
