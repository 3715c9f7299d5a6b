import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { encodeBase64 } from "../../../lib/report/text/base64.ts";
import { isWeakSecret, maskSecrets } from "../../../lib/report/text/mask.ts";

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

Deno.test("maskSecrets() masks a weak value only where it is used as a credential", () => {
  const mask = maskSecrets(["ab"]);
  assertEquals(mask("about ab, key=ab&x=abc"), "about ab, key=***&x=abc");
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
    .filter((text) => text.trim().length >= 4 && !text.includes("*") && !isWeakSecret(text));
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

Deno.test("maskSecrets() masks a text alike whether or not it holds an escape, property", () => {
  const unit = fc.constantFrom(
    "a",
    "B",
    "7",
    " ",
    "+",
    "/",
    "=",
    ":",
    "ä",
    "Ã",
    "¤",
    "😀",
    "~",
    "<",
  );
  const secret = fc.string({ unit, minLength: 1, maxLength: 8 });
  const piece = fc.oneof(
    fc.string({ unit, maxLength: 4 }),
    fc.constant(null),
    fc.constant(undefined),
  );
  fc.assert(
    fc.property(
      fc.array(secret, { minLength: 1, maxLength: 3 }),
      fc.array(piece),
      (values, pieces) => {
        const [first] = values;
        const text = pieces.map((one) => one ?? (one === null ? first : encodeBase64(first!))).join(
          "",
        );
        const mask = maskSecrets(values);
        assertEquals(`${mask(text)}\n\\`, mask(`${text}\n\\`));
      },
    ),
    { numRuns: 500 },
  );
});

const SECRET = "p@ss/wörd \"9f3c\" <100%> & 'k'";

/** Every form in which an API, a log or a page may repeat a secret. */
const FORMS: Readonly<Record<string, (text: string) => string>> = {
  "itself": (text) => text,
  "percent-encoded": encodeURIComponent,
  "percent-encoded twice": (text) => encodeURIComponent(encodeURIComponent(text)),
  "percent-encoded as a URI": encodeURI,
  "a form": (text) => new URLSearchParams({ v: text }).toString().slice(2),
  "JSON": (text) => JSON.stringify(text).slice(1, -1),
  "JSON in JSON": (text) => JSON.stringify(JSON.stringify(text).slice(1, -1)).slice(1, -1),
  "JSON with \\/": (text) => JSON.stringify(text).slice(1, -1).replaceAll("/", "\\/"),
  "JSON in ASCII": (text) =>
    JSON.stringify(text).slice(1, -1).replace(
      /[^ -~]/g,
      (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
  "JSON with all characters escaped": (text) =>
    Array.from(
      { length: text.length },
      (_, at) => `\\u${text.charCodeAt(at).toString(16).toUpperCase().padStart(4, "0")}`,
    ).join(""),
  "HTML": (text) =>
    text.replace(
      /[&<>"']/g,
      (one) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[one] ?? "&#39;",
    ),
  "HTML in numbers": (text) =>
    text.replace(/\W/gu, (one) => `&#x${one.codePointAt(0)!.toString(16)};`),
  "base64": encodeBase64,
  "base64 without padding": (text) => encodeBase64(text).replace(/=+$/, ""),
  "base64 for URLs": (text) => encodeBase64(text).replaceAll("+", "-").replaceAll("/", "_"),
  "base64 in a URL": (text) => encodeURIComponent(encodeBase64(text)),
};

for (const [name, form] of Object.entries(FORMS)) {
  Deno.test(`maskSecrets() masks a secret as ${name}`, () => {
    const mask = maskSecrets([SECRET, "abc?>~z"]);
    assertEquals(mask(`see ${form(SECRET)} or ${form("abc?>~z")}.`), "see *** or ***.");
  });
}

Deno.test("maskSecrets() leaves words and numbers readable that are also weak secrets", () => {
  const mask = maskSecrets(["test", "1234", "user:test"]);
  assertEquals(
    mask('{"ok":1234,"note":"a test of 1234 rows"}'),
    '{"ok":1234,"note":"a test of 1234 rows"}',
  );
  assertEquals(mask("/v1/test/items?key=1234"), "/v1/***/items?key=***");
  assertEquals(mask("postgres://me:test@localhost/db"), "postgres://me:***@localhost/db");
  assertEquals(mask(`Basic ${btoa("user:test")}`), "Basic ***");
});

Deno.test("maskSecrets() masks a token of kilobytes", () => {
  const token = `eyJ${"aB3-_".repeat(600)}.sig/+=`;
  const mask = maskSecrets([token]);
  assertEquals(mask(`Bearer ${token}; ?t=${encodeURIComponent(token)}`), "Bearer ***; ?t=***");
});

Deno.test("encodeBase64() encodes text as UTF-8", () => {
  assertEquals(encodeBase64("pä"), "cMOk");
});
