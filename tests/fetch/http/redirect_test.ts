import { assertEquals, assertThrows } from "@std/assert";
import { HttpError } from "../../../lib/fetch/http/http_error.ts";
import { isRedirect, redirected } from "../../../lib/fetch/http/redirect.ts";
import type { WireRequest } from "../../../lib/fetch/http/request.ts";

const source = { url: "https://api.test/v1", auth: { query: { key: "${K}" } } };
const post: WireRequest = {
  method: "POST",
  url: "https://api.test/v1/things",
  headers: { accept: "application/json", "content-type": "application/json", "x-tenant": "7" },
  body: "{}",
};

Deno.test("isRedirect() requires a redirect status and a location", () => {
  assertEquals(isRedirect(302, "/x"), true);
  assertEquals(isRedirect(302, null), false);
  assertEquals(isRedirect(304, "/x"), false);
});

Deno.test("redirected() turns a POST into a GET for 301 to 303 and keeps it for 307 and 308", () => {
  for (const status of [301, 302, 303]) {
    assertEquals(redirected(post, status, "/v2/things", source), {
      method: "GET",
      url: "https://api.test/v2/things",
      headers: { accept: "application/json", "x-tenant": "7" },
    });
  }
  for (const status of [307, 308]) {
    assertEquals(redirected(post, status, "?a=1", source), {
      ...post,
      url: "https://api.test/v1/things?a=1",
    });
  }
});

Deno.test("redirected() sends no declared header and no key to another host", () => {
  const target = redirected(post, 308, "https://evil.test/x?key=secret&a=1", source);
  assertEquals(target.url, "https://evil.test/x?a=1");
  assertEquals(target.headers, { accept: "application/json", "content-type": "application/json" });
});

Deno.test("redirected() drops a user name and a password of the location", () => {
  for (const location of ["https://me:pw@api.test/x", "https://me:pw@evil.test/x"]) {
    const { url } = redirected(post, 302, location, source);
    assertEquals([new URL(url).username, new URL(url).password, url.includes("pw")], [
      "",
      "",
      false,
    ]);
  }
});

Deno.test("redirected() refuses what is not an http or https URL", () => {
  for (const location of ["file:///etc/passwd", "javascript:1", "http://["]) {
    assertThrows(() => redirected(post, 302, location, source), HttpError);
  }
});
