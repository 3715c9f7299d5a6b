import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { encodeBase64 } from "../../../lib/report/text/base64.ts";
import { maskSecrets } from "../../../lib/report/text/mask.ts";

Deno.test("maskSecrets() hides the raw value wherever it stands", () => {
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

Deno.test("maskSecrets() hides a secret that was taken for Latin-1, as it is and in JSON", () => {
  const mask = maskSecrets(['pä"ss']);
  assertEquals(mask('you sent pÃ¤"ss'), "you sent ***");
  assertEquals(mask(JSON.stringify('you sent pÃ¤"ss')), '"you sent ***"');
});

Deno.test("maskSecrets() hides a short value only as a word of its own", () => {
  const mask = maskSecrets(["ab"]);
  assertEquals(mask("about ab, key=ab&x=abc"), "about ***, key=***&x=abc");
});

Deno.test("maskSecrets() leaves texts alone when there is no secret", () => {
  assertEquals(maskSecrets([])("as it was"), "as it was");
  assertEquals(maskSecrets(["", ""])("as it was"), "as it was");
});

Deno.test("maskSecrets() takes the longest secret first when one holds another", () => {
  assertEquals(maskSecrets(["token", "token-long"])("token-long"), "***");
});

Deno.test("maskSecrets() lets no form of any secret through, property", () => {
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
