import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { renderRequest } from "../../../lib/fetch/http/request.ts";
import { Failure } from "../../../lib/failure.ts";
import { jobOf, unitOf } from "../job.ts";
import type { PageStep } from "../../../lib/fetch/http/page_step.ts";
import { ExactNumber } from "../../../lib/extract/cast/exact_number.ts";

const NO_STEP: PageStep = { params: [] };
const BASE = "https://api.test/base/";

function render(request: unknown, unit = unitOf(), step = NO_STEP, source: unknown = BASE) {
  const job = jobOf(source as string, { request, window: "day" });
  return renderRequest(job, job.streams.things!, unit, step);
}

Deno.test("renderRequest() appends the path to that of the API", () => {
  assertEquals(render("/v1/things").url, "https://api.test/base/v1/things");
  assertEquals(render("v1/things").url, "https://api.test/base/v1/things");
  assertEquals(render("").url, "https://api.test/base/");
  assertEquals(render("/x", unitOf(), NO_STEP, "https://api.test").url, "https://api.test/x");
});

Deno.test("renderRequest() keeps the parameters in the URL and the path", () => {
  const { url } = render({ path: "/x?b=2", query: { c: 3 } }, unitOf(), NO_STEP, `${BASE}?a=1`);
  assertEquals(url, "https://api.test/base/x?a=1&b=2&c=3");
});

Deno.test("renderRequest() repeats lists and omits what has no value", () => {
  const query = { region: "{params.regions}", q: "{params.q}", from: "{from}", fixed: ["a", "b"] };
  const { url } = render(
    { path: "/x", query },
    unitOf("2025-01-31", "2025-02-01", {
      params: { regions: ["gb", "ire"], q: null },
    }),
  );
  assertEquals(
    new URL(url).search,
    "?region=gb&region=ire&from=2025-01-31&fixed=a&fixed=b",
  );
});

Deno.test("renderRequest() writes a blank as %20 and a plus sign as %2B", () => {
  const { url } = render({ path: "/x", query: { q: "a b+c" } });
  assertEquals(new URL(url).search, "?q=a%20b%2Bc");
});

Deno.test("renderRequest() percent-encodes values in the path", () => {
  const unit = unitOf("2025-01-31", "2025-02-01", { each: { id: "a/b?c#d e" } });
  assertEquals(
    render("/things/{each.id}/x", unit).url,
    "https://api.test/base/things/a%2Fb%3Fc%23d%20e/x",
  );
});

Deno.test("renderRequest() refuses values that lead outside the API's path", () => {
  for (const id of ["..", "."]) {
    const unit = unitOf("2025-01-31", "2025-02-01", { each: { id } });
    for (const path of ["/things/{each.id}", "/{each.id}/x", "{each.id}"]) {
      const error = assertThrows(() => render(path, unit), Failure);
      assertEquals(error.kind, "window");
    }
  }
  assertThrows(() => render("/a/%2e%2e/b"), Failure);
  assertThrows(() => render("/a\\..\\b"), Failure);
});

Deno.test("renderRequest() stays below the API's path for any value, property", () => {
  const hostile = fc.oneof(
    fc.string({ minLength: 1, unit: "binary" }),
    fc.stringMatching(/^[./\\%2eE?#@:]{1,8}$/),
  );
  fc.assert(
    fc.property(hostile, (id) => {
      const unit = unitOf("2025-01-31", "2025-02-01", { each: { id } });
      try {
        const url = new URL(render("/things/{each.id}/x", unit).url);
        assertEquals(url.host, "api.test");
        assertEquals(url.search, "");
        assertEquals(url.pathname.split("/").length, 5);
        assertEquals(url.pathname.startsWith("/base/things/"), true);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("renderRequest() fails when a placeholder of the path has no value", () => {
  const error = assertThrows(() => render("/things/{params.id}"), Failure);
  assertEquals(
    error.message,
    'Cannot render the path "/things/{params.id}": a placeholder has no value',
  );
});

Deno.test("renderRequest() prefers the stream's headers to those of the source and the defaults", () => {
  const source = { url: BASE, headers: { "X-A": "source", "X-B": "source" } };
  const { headers } = render(
    { path: "/x", headers: { "x-a": "{from}", Accept: "text/plain" } },
    unitOf(),
    NO_STEP,
    source,
  );
  assertEquals(headers, { accept: "text/plain", "x-a": "2025-01-31", "x-b": "source" });
});

Deno.test("renderRequest() sets parameters of paging in query, header and body", () => {
  const step: PageStep = {
    params: [
      { in: "query", name: "limit", value: 5 },
      { in: "header", name: "X-Cursor", value: "abc" },
      { in: "body", name: "page.after", value: 7 },
    ],
  };
  const request = render(
    {
      path: "/x",
      method: "POST",
      query: { limit: 100 },
      body: { since: "{from|epoch}", page: { size: 2 }, ids: ["{each.id}", 3] },
    },
    unitOf("1970-01-02", "1970-01-03", { each: { id: 9 } }),
    step,
  );
  assertEquals(request.url, "https://api.test/base/x?limit=5");
  assertEquals(request.headers["x-cursor"], "abc");
  assertEquals(request.headers["content-type"], "application/json");
  assertEquals(JSON.parse(request.body!), {
    since: 86400,
    page: { size: 2, after: 7 },
    ids: [9, 3],
  });
});

Deno.test("renderRequest() sets parameters inside lists, and keeps lists and large numbers", () => {
  const step: PageStep = {
    params: [
      { in: "body", name: "params.1.after", value: [new ExactNumber("9007199254740993"), "a"] },
      { in: "body", name: "ids.7", value: 7 },
    ],
  };
  const body = { params: [{ since: 1 }, { limit: 2 }], ids: [1] };
  assertEquals(
    render({ path: "/x", method: "POST", body }, unitOf(), step).body,
    '{"params":[{"since":1},{"limit":2,"after":[9007199254740993,"a"]}],"ids":{"7":7}}',
  );
});

Deno.test("renderRequest() sends a form when the job declares it", () => {
  const step: PageStep = { params: [{ in: "body", name: "page", value: 2 }] };
  const request = render(
    { path: "/x", method: "POST", form: { day: "{from|%d.%m.%Y}", page: 1, "a b": "ä&" } },
    unitOf(),
    step,
  );
  assertEquals(request.headers["content-type"], "application/x-www-form-urlencoded");
  assertEquals(request.body, "day=31.01.2025&page=2&a+b=%C3%A4%26");
});

Deno.test("renderRequest() requests the URL of a step unchanged", () => {
  const step: PageStep = { params: [], url: "https://api.test/other?x=a+b" };
  assertEquals(render({ path: "/x", query: { limit: 1 } }, unitOf(), step).url, step.url);
});
