import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { errorExcerpt } from "../../../lib/fetch/http/error_excerpt.ts";

const excerpt = (text: string, type: string | null = null) =>
  errorExcerpt(new TextEncoder().encode(text), type);

Deno.test("errorExcerpt() finds the sentence under the names that APIs use", () => {
  assertEquals(excerpt('{"detail": "Invalid credentials"}'), "Invalid credentials");
  assertEquals(excerpt('{"error": {"code": 7, "message": "No such day"}}'), "No such day");
  assertEquals(
    excerpt('{"error": "invalid_client", "error_description": "Unknown client"}'),
    "Unknown client",
  );
  assertEquals(excerpt('{"errors": [{"title": "A"}, {"title": "B"}]}'), "A; B");
});

Deno.test("errorExcerpt() names the wrong parameter when the API does", () => {
  const body = '{"detail":[{"loc":["query","limit"],"msg":"must be at most 100","type":"value"}]}';
  assertEquals(excerpt(body), "query.limit: must be at most 100");
});

Deno.test("errorExcerpt() takes the title of a web page, and plain text unchanged", () => {
  assertEquals(excerpt("<html><title>502 Bad\n Gateway</title>", "text/html"), "502 Bad Gateway");
  assertEquals(excerpt("no  such\nthing\u0007"), "no such thing");
  assertEquals(excerpt("<html><body>x", "text/html"), "");
  assertEquals(excerpt('{"ok": false}'), "");
  assertEquals(excerpt(""), "");
});

Deno.test("errorExcerpt() takes the text that XML reports, of a SOAP fault or an acknowledgement", () => {
  const fault = "<s:Fault><faultcode>s:Client</faultcode><faultstring>No such day</faultstring>";
  assertEquals(excerpt(`<s:Envelope xmlns:s="urn:s"><s:Body>${fault}`), "No such day");
  const reason = "<Reason>\n<code>999</code><text>No matching data found</text></Reason>";
  assertEquals(excerpt(`<?xml version="1.0"?><Ack>${reason}</Ack>`), "No matching data found");
  assertEquals(excerpt("<a><b>1</b></a>"), "");
});

Deno.test("errorExcerpt() is one short line whatever the body is, property", () => {
  const bodies = fc.oneof(fc.string({ maxLength: 2000 }), fc.json(), fc.constant("[".repeat(5000)));
  fc.assert(
    fc.property(bodies, (body) => {
      const line = excerpt(body);
      assert(line.length <= 200 && !/[\n\r\0]/.test(line));
    }),
    { numRuns: 200 },
  );
});
