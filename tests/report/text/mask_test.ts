import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { encodeBase64 } from "../../../lib/report/text/base64.ts";
import { maskSecrets } from "../../../lib/report/text/mask.ts";

Deno.test("maskSecrets() masks the raw value everywhere", () => {
  const mask = maskSecrets(["s3cret!"]);
  assertEquals(mask("a s3cret! b=s3cret!c"), "a *** b=***c");
});

Deno.test("maskSecrets() hides percent-encoded, form-encoded and JSON-escaped forms", () => {
  const mask = maskSecrets(['pä ss"w/d+']);
  assertEquals(mask("?key=p%C3%A4%20ss%22w%2Fd%2B&x=1"), "?key=***&x=1");
  assertEquals(mask("?key=p%c3%a4%20ss%22w%2fd%2b&x=1"), "?key=***&x=1");
  assertEquals(mask("?key=p%C3%A4+ss%22w%2Fd%2B&x=1"), "?key=***&x=1");
  assertEquals(mask(JSON.stringify({ password: 'pä ss"w/d+' })), '{"password":"***"}');
});

Deno.test("maskSecrets() hides what HTTP Basic sends when the pair is given", () => {
  const mask = maskSecrets(["user:hunter2"]);
  assertEquals(mask(`Authorization: Basic ${btoa("user:hunter2")}`), "Authorization: Basic ***");
});

Deno.test("maskSecrets() masks a secret that was read as Latin-1, raw and in JSON", () => {
  const mask = maskSecrets(['pä"ss']);
  assertEquals(mask('you sent pÃ¤"ss'), "you sent ***");
  assertEquals(mask(JSON.stringify('you sent pÃ¤"ss')), '"you sent ***"');
});

Deno.test("maskSecrets() masks a short value only as a whole word", () => {
  const mask = maskSecrets(["ab"]);
  assertEquals(mask("about ab, key=ab&x=abc"), "about ***, key=***&x=abc");
});

Deno.test("maskSecrets() changes nothing without secrets", () => {
  assertEquals(maskSecrets([])("as it was"), "as it was");
  assertEquals(maskSecrets(["", ""])("as it was"), "as it was");
});

Deno.test("maskSecrets() masks the longest secret first when one contains another", () => {
  assertEquals(maskSecrets(["token", "token-long"])("token-long"), "***");
});

Deno.test("maskSecrets() masks every form of every secret, property", () => {
  const secret = fc.string({ minLength: 4, maxLength: 20, unit: "binary" })
    .filter((text) => text.trim().length >= 4 && !text.includes("*"));
  fc.assert(
    fc.property(secret, fc.string(), (value, around) => {
      const mask = maskSecrets([value]);
      for (const form of [value, encodeURIComponent(value), encodeBase64(value)]) {
        assert(!mask(`${around}${form}${around}`).includes(form));
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("encodeBase64() encodes text as UTF-8", () => {
  assertEquals(encodeBase64("pä"), "cMOk");
});
