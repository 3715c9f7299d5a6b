import { assertEquals, assertThrows } from "@std/assert";
import { decodeText } from "../../../lib/extract/decode/charset.ts";
import { Failure } from "../../../lib/failure.ts";

const bytes = (...values: number[]) => new Uint8Array(values);

Deno.test("decodeText() reads UTF-8 by default, without its byte order mark", () => {
  assertEquals(decodeText(new TextEncoder().encode("pä€"), null), "pä€");
  assertEquals(decodeText(bytes(0xef, 0xbb, 0xbf, 0x41), "application/json"), "A");
});

Deno.test("decodeText() reads the charset of Content-Type", () => {
  assertEquals(decodeText(bytes(0x70, 0xe4), "text/csv; charset=ISO-8859-1"), "pä");
  assertEquals(decodeText(bytes(0x70, 0xe4), 'text/csv;charset="windows-1252"'), "pä");
});

Deno.test("decodeText() reads UTF-16 by its byte order mark", () => {
  assertEquals(decodeText(bytes(0xff, 0xfe, 0x41, 0x00), "text/csv"), "A");
  assertEquals(decodeText(bytes(0xfe, 0xff, 0x00, 0x41), null), "A");
});

Deno.test("decodeText() fails when the bytes are invalid in the charset", () => {
  const error = assertThrows(() => decodeText(bytes(0x70, 0xe4), "text/csv"), Failure);
  assertEquals(error.kind, "window");
  assertEquals(error.message, "Cannot read the response: it is not valid utf-8");
});

Deno.test("decodeText() fails when the charset is not supported", () => {
  const error = assertThrows(() => decodeText(bytes(), "text/csv; charset=klingon"), Failure);
  assertEquals(error.message, 'Cannot read the response: the charset "klingon" is not supported');
});

Deno.test("decodeText() reads the encoding of the job before the header, and an XML declaration after it", () => {
  assertEquals(decodeText(bytes(0x70, 0xe4), "text/csv; charset=utf-8", "latin1"), "pä");
  const declared = (encoding: string) =>
    new Uint8Array([
      ...new TextEncoder().encode(`<?xml version="1.0" encoding="${encoding}"?><a>`),
      0xe4,
    ]);
  assertEquals(decodeText(declared("ISO-8859-15"), "text/xml").at(-1), "ä");
  assertEquals(decodeText(declared("utf-8"), "text/xml; charset=latin1").at(-1), "ä");
  assertThrows(() => decodeText(declared("utf-8"), "text/xml"), Failure);
});
