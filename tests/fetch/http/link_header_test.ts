import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { nextLink } from "../../../lib/fetch/http/link_header.ts";

Deno.test("nextLink() finds the link with the relation next among others", () => {
  const github =
    '<https://api.test/r?page=1>; rel="prev", <https://api.test/r?page=3>; rel="next", ' +
    '<https://api.test/r?page=9>; rel="last"';
  assertEquals(nextLink(github), "https://api.test/r?page=3");
});

Deno.test("nextLink() reads commas and semicolons in URLs and quoted strings", () => {
  assertEquals(nextLink('</a,b;c?x="1">; title="a, <b>; c"; rel="next"'), '/a,b;c?x="1"');
});

Deno.test("nextLink() takes unquoted, upper-case and several relations", () => {
  assertEquals(nextLink("</a>;REL=Next"), "/a");
  assertEquals(nextLink('</a>; rel="last next"'), "/a");
  assertEquals(nextLink("</a>; rel=nextish, </b>; rel=next"), "/b");
});

Deno.test("nextLink() takes no link to a page without results", () => {
  const sentry = (results: string) =>
    `</a?c=0:0:1>; rel="previous"; results="false"; cursor="0:0:1", </a?c=0:100:0>; rel="next"; results="${results}"; cursor="0:100:0"`;
  assertEquals(nextLink(sentry("true")), "/a?c=0:100:0");
  assertEquals(nextLink(sentry("false")), undefined);
});

Deno.test("nextLink() returns undefined without a next link", () => {
  for (const header of ["", "</a>", '</a>; rel="prev"', "rel=next", '<a; rel="next"']) {
    assertEquals(nextLink(header), undefined);
  }
});

Deno.test("nextLink() reads a bounded part of a hostile header, and finds next among any others, property", () => {
  for (const part of ["<", '<>;"', '<>; rel="', "<>,", '\\"']) {
    assertEquals(nextLink(part.repeat(20_000) + '</late>; rel="next"'), undefined);
  }
  const word = fc.stringMatching(/^[a-z0-9/?=&;,. ]{0,20}$/);
  const link = fc.tuple(word, fc.constantFrom("prev", "last", "first"));
  fc.assert(fc.property(fc.array(link), word, fc.array(link), (before, next, after) => {
    const text = ([url, rel]: readonly [string, string]) => `<${url}>; rel="${rel}"`;
    const header = [...before.map(text), text([next, "next"]), ...after.map(text)].join(", ");
    assertEquals(nextLink(header), next.trim());
    assertEquals(nextLink([...before, ...after].map(text).join(", ")), undefined);
  }));
});
