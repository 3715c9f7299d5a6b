import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { listPathsOf, wrapLists } from "../../../lib/extract/decode/list_paths.ts";
import { decodeXml, type XmlNamespaces } from "../../../lib/extract/decode/xml.ts";
import { Failure } from "../../../lib/failure.ts";
import { atOnce } from "../../../lib/yield_to_event_loop.ts";
import { jobOf } from "../../fetch/job.ts";

function decode(text: string, namespaces: XmlNamespaces = {}, sliceChars?: number): unknown {
  return atOnce(decodeXml(text, namespaces, sliceChars));
}

Deno.test("decodeXml() reads elements, attributes, text, and repeated elements as arrays", () => {
  const text = `<?xml version="1.0" encoding="UTF-8"?>
    <!-- prices --><doc version="2">
      <price unit="EUR">12.5</price>
      <price unit="USD">13</price>
      <place>Oslo &amp; Bergen<![CDATA[ <1> ]]></place>
      <empty/><also></also>
      <point at="1"/>
      <mixed>see <b>this</b> note</mixed>
    </doc>`;
  assertEquals(decode(text), {
    doc: {
      "@version": "2",
      price: [{ "@unit": "EUR", "#text": "12.5" }, { "@unit": "USD", "#text": "13" }],
      place: "Oslo & Bergen <1> ",
      empty: "",
      also: "",
      point: { "@at": "1" },
      mixed: { b: "this", "#text": "see  note" },
    },
  });
});

Deno.test("decodeXml() returns the same value for every slice size", () => {
  const text = '<a x="1"><b>&#x1F600; &lt;é&gt;</b><b y="2">\r\n</b><c xmlns="u"/></a>';
  const whole = decode(text);
  for (let chars = 1; chars <= text.length; chars++) {
    assertEquals(decode(text, {}, chars), whole, `slices of ${chars}`);
  }
});

Deno.test("decodeXml() ignores namespaces, except those that the job names, whatever the prefix", () => {
  const text = (prefix: string) =>
    `<s:Envelope xmlns:s="urn:soap" xmlns:${prefix}="urn:media"><s:Body>` +
    `<title>A</title><${prefix}:title ${prefix}:kind="x">B</${prefix}:title></s:Body></s:Envelope>`;
  const value = {
    Envelope: { Body: { title: "A", "media:title": { "@media:kind": "x", "#text": "B" } } },
  };
  assertEquals(decode(text("m"), { media: "urn:media" }), value);
  assertEquals(decode(text("other"), { media: "urn:media" }), value);
});

Deno.test("decodeXml() refuses elements of one name in two namespaces and says what to write", () => {
  const text = '<rss xmlns:m="urn:media"><title>A</title><m:title>B</m:title></rss>';
  const failure = assertThrows(() => decode(text), Failure);
  assertStringIncludes(failure.message, "<title> and <m:title>");
  assertStringIncludes(failure.hint!, 'namespaces: { m: "urn:media" }');
  assertEquals(decode(text, { m: "urn:media" }), { rss: { title: "A", "m:title": "B" } });
});

Deno.test("decodeXml() reads xsi:nil as null and leaves out declarations of namespaces and types", () => {
  const text = '<a xmlns="u" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">' +
    '<b xsi:nil="true"/><c xsi:type="d">1</c></a>';
  assertEquals(decode(text), { a: { b: null, c: "1" } });
});

for (
  const [what, text] of [
    ["text that is cut off", "<a><b>1</b>"],
    ["mismatched tags", "<a><b></a></b>"],
    ["an entity that a document type declares", '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'],
    [
      "entities that expand to gigabytes",
      '<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;">]><a>&z;</a>',
    ],
    ["an external entity", '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>'],
    ["an undeclared prefix", "<a:b/>"],
    ["text that is not XML", "not xml"],
    ["nothing", ""],
    ["elements that nest too deeply", "<a>".repeat(600) + "</a>".repeat(600)],
  ] as const
) {
  Deno.test(`decodeXml() refuses ${what}`, () => {
    const failure = assertThrows(() => decode(text), Failure);
    assertEquals(failure.kind, "window");
  });
}

Deno.test("decodeXml() never writes to the prototype of objects", () => {
  const value = decode("<a><__proto__><polluted>1</polluted></__proto__><b>1</b></a>");
  assertEquals(value, { a: { b: "1" } });
  assertEquals(({} as Record<string, unknown>).polluted, undefined);
});

Deno.test("wrapLists() creates an array of one element where the job's paths expect an array, and only there", () => {
  const { streams: { things } } = jobOf("http://127.0.0.1:1", {
    format: "xml",
    records: "feed.entry",
    rows: {
      table: "things",
      each: "line",
      when: ["^flag[0]"],
      columns: { id: { template: "{^id}-{tag[-1]}" } },
    },
  });
  const body = {
    feed: { entry: { id: "1", flag: "x", line: { tag: "a", other: "b" } }, title: "t" },
  };
  wrapLists(body, listPathsOf(things!));
  assertEquals(body as unknown, {
    feed: { entry: [{ id: "1", flag: ["x"], line: [{ tag: ["a"], other: "b" }] }], title: "t" },
  });
  const several = { feed: { entry: [{ line: [{ tag: ["a", "b"] }] }, { line: null }] } };
  const copy = structuredClone(several);
  wrapLists(several, listPathsOf(things!));
  assertEquals(several, copy);
});
