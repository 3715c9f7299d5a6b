import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { nextLink } from "../../../lib/fetch/http/link_header.ts";

Deno.test("nextLink() finds the link with the relation next among others", () => {
  const github =
    '<https://api.test/r?page=1>; rel="prev", <https://api.test/r?page=3>; rel="next", ' +
    '<https://api.test/r?page=9>; rel="last"';
  assertEquals(nextLink(github), "https://api.test/r?page=3");
});

Deno.test("nextLink() reads commas and semicolons in addresses and quotes", () => {
  assertEquals(nextLink('</a,b;c?x="1">; title="a, <b>; c"; rel="next"'), '/a,b;c?x="1"');
});

Deno.test("nextLink() takes unquoted, upper-case and several relations", () => {
  assertEquals(nextLink("</a>;REL=Next"), "/a");
  assertEquals(nextLink('</a>; rel="last next"'), "/a");
  assertEquals(nextLink("</a>; rel=nextish, </b>; rel=next"), "/b");
});

Deno.test("nextLink() returns undefined without a next link", () => {
  for (const header of ["", "</a>", '</a>; rel="prev"', "rel=next", '<a; rel="next"']) {
    assertEquals(nextLink(header), undefined);
  }
});

Deno.test("nextLink() takes no long time over a hostile header, property", () => {
  for (const part of ["<", '<>;"', '<>; rel="', "<>,", '\\"']) {
    nextLink(part.repeat(20_000));
  }
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), (header) => {
    assert(typeof nextLink(header) !== "number");
  }));
});
