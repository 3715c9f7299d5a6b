// Secrets in bytes that are kept: masked in UTF-8, Latin-1 and UTF-16, and all other bytes stay as they are.
import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { maskBytes } from "../../../lib/report/text/mask_bytes.ts";

const SECRET = "K3Y/2f 81äb";
const FORMS = [
  SECRET,
  encodeURIComponent(SECRET),
  JSON.stringify(SECRET).slice(1, -1),
  btoa("K3Y-2f81a"),
];

function encoded(text: string, encoding: "utf8" | "utf16le" | "utf16be"): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.from(text, encoding === "utf8" ? "utf8" : "utf16le");
  return new Uint8Array(encoding === "utf16be" ? bytes.swap16() : bytes);
}

Deno.test("maskBytes() hides secrets in UTF-8 and in UTF-16 of either byte order", () => {
  const mask = maskBytes([SECRET, "K3Y-2f81a"]);
  for (const encoding of ["utf8", "utf16le", "utf16be"] as const) {
    for (const form of FORMS) {
      const found = mask(encoded(`id,é\n1,${form}\n`, encoding));
      assertEquals(found, encoded("id,é\n1,***\n", encoding), `${encoding} ${form}`);
    }
  }
});

Deno.test("maskBytes() returns bytes without a secret unchanged, whatever they are", () => {
  const mask = maskBytes([SECRET]);
  const all = Uint8Array.from({ length: 512 }, (_, at) => at & 255);
  for (const bytes of [all, encoded("nothing", "utf16le"), new Uint8Array()]) {
    assert(mask(bytes) === bytes);
  }
});
