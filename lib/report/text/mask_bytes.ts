// Masks secrets in bytes of any encoding, for responses that are kept: an API may echo the key of a request in
// its links. A plain word or a short number is as likely to be data as a secret, so it is not masked.
// Invariant: bytes without a secret are returned unchanged.
import { Buffer } from "node:buffer";
import { encodeBase64 } from "./base64.ts";
import { isWeakSecret, maskSecrets } from "./mask.ts";

/** A function that replaces each of the values in bytes, in every form it may take, by `***`. */
export function maskBytes(
  values: readonly string[],
): (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> {
  const strong = [...new Set(values)].filter((value) => !isWeakSecret(value));
  if (strong.length === 0) return (bytes) => bytes;
  const forms = [...new Set(strong.flatMap(formsOf))];
  const mask = maskSecrets(strong);
  const wide = [...new Set(strong.flatMap(wideFormsOf))].sort((a, b) => b.length - a.length);
  return (bytes) => {
    // Latin-1 maps each byte to a character, so all other bytes stay unchanged.
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    const narrow = forms.some((form) => text.includes(form)) ? mask(text) : text;
    const masked = narrow.includes("\0") ? maskWide(narrow, wide) : narrow;
    return masked === text ? bytes : new Uint8Array(Buffer.from(masked, "latin1"));
  };
}

/** Masks what is written in UTF-16, in either order of its bytes. */
function maskWide(text: string, forms: readonly string[]): string {
  return forms.reduce(
    (masked, form) => masked.replaceAll(form, form.startsWith("\0") ? WIDE_MASK : WIDE_MASK_LE),
    text,
  );
}

const WIDE_MASK = "\0*\0*\0*";
const WIDE_MASK_LE = "*\0*\0*\0";

/** The bytes of a value in UTF-16, little endian and big endian. */
function wideFormsOf(value: string): string[] {
  return writtenForms(value).flatMap((form) => {
    const bytes = Buffer.from(form, "utf16le");
    return [bytes.toString("latin1"), Buffer.from(bytes).swap16().toString("latin1")];
  });
}

/** The usual forms of a value; a search for these is fast, and the mask itself recognizes more. */
function formsOf(value: string): string[] {
  return writtenForms(value).map((form) => Buffer.from(form, "utf8").toString("latin1"));
}

function writtenForms(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1);
  const base64 = encodeBase64(value.toWellFormed()).replace(/=+$/, "");
  const html = value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
  const percent = encodeURIComponent(value.toWellFormed());
  return [
    ...[value, json, json.replaceAll("/", "\\/"), html, percent, percent.replaceAll("%20", "+")],
    ...[base64, base64.replaceAll("+", "-").replaceAll("/", "_")],
  ];
}
