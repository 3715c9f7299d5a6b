import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { serve } from "../support/http_server.ts";
import { failureOf, ids, items, setup } from "./page_reader.ts";

const GRAPHQL = { errors: [{ message: "Field 'x' does not exist" }], data: null };
const SLACK = { ok: false, error: "invalid_auth" };

const FAILING: readonly [name: string, error: unknown, body: object, report: string][] = [
  ["GraphQL", "errors", GRAPHQL, `the API reports "Field 'x' does not exist" at "errors"`],
  ["Slack", { path: "ok", is: [false] }, SLACK, 'the API reports "invalid_auth" ("ok" is false)'],
  ["Elasticsearch", [{ path: "timed_out", is: [true] }, "_shards.failed"], {
    timed_out: false,
    _shards: { failed: 2 },
  }, '"_shards.failed" is 2'],
  ["API-SPORTS", "errors", { errors: { token: "Missing key" } }, '{"token":"Missing key"}'],
  ["an element", { path: "nodes[].lines.more", is: [true] }, {
    nodes: [{ lines: { more: false } }, { lines: { more: true } }],
  }, '"nodes[].lines.more" is [false,true]'],
  ["a status", { path: "status", not: ["ok"] }, { status: "error" }, '"status" is "error"'],
];
for (const [name, error, body, report] of FAILING) {
  Deno.test(`fetchPages() fails the window when ${name} reports an error with status 200`, async () => {
    await using server = serve(() => Response.json({ items: items(0, 2), ...body }));
    await using context = setup({ url: server.url }, { error });
    const failure = await failureOf(context.pages());
    assertEquals(failure.kind, "window");
    assertStringIncludes(failure.message, report);
  });
}

const FINE: readonly [error: unknown, body: object][] = [
  ["errors", { errors: [] }],
  ["errors", { errors: {} }],
  ["errors", { errors: null }],
  ["_shards.failed", { _shards: { failed: 0 } }],
  [{ path: "ok", is: [false] }, { ok: true }],
  [{ path: "nodes[].more", is: [true] }, { nodes: [{ more: false }, {}] }],
  [{ path: "status", not: ["ok"] }, { status: "ok" }],
];
for (const [error, body] of FINE) {
  Deno.test(`fetchPages() finds no error in ${JSON.stringify(body)}`, async () => {
    await using server = serve(() => Response.json({ items: items(0, 2), ...body }));
    await using context = setup({ url: server.url }, { error });
    assertEquals(await ids(context.pages()), [0, 1]);
  });
}

const WAITS: readonly [
  wait: string,
  declared: object,
  headers: Record<string, string>,
  ms: number,
][] = [
  ["30s", {}, {}, 30_000],
  ["retry_after", { retry_after: 12 }, {}, 12_000],
  ["retry_after_ms", { retry_after_ms: "1500" }, {}, 1500],
  ["reset", { reset: "2025-01-01T00:00:20Z" }, {}, 20_000],
  ["reset", { reset: Date.UTC(2025, 0, 1) / 1000 + 7 }, {}, 7000],
  ["$header.X-Wait", {}, { "x-wait": "9" }, 9000],
];
for (const [wait, declared, headers, ms] of WAITS) {
  Deno.test(`fetchPages() retries a reported error after the wait ${wait} of ${ms} ms`, async () => {
    let requests = 0;
    await using server = serve(() =>
      ++requests < 3
        ? Response.json({ ok: false, error: "ratelimited", ...declared }, { headers })
        : Response.json({ ok: true, items: items(0, 2) })
    );
    const error = { path: "ok", is: [false], means: "retry", wait };
    await using context = setup({ url: server.url }, { error });
    assertEquals(await ids(context.pages()), [0, 1]);
    assertEquals(context.sleeps.filter((slept) => slept === ms), [ms, ms]);
    assertEquals([context.count("requested"), context.count("retrying")], [3, 2]);
  });
}

Deno.test("fetchPages() fails the window when every attempt reports an error to retry", async () => {
  await using server = serve(() => Response.json({ timed_out: true, items: [] }));
  const error = { path: "timed_out", is: [true], means: "retry" };
  await using context = setup({ url: server.url, retry: { attempts: 3 } }, { error });
  const failure = await failureOf(context.pages());
  assertEquals([failure.kind, failure.mayPass], ["window", true]);
  assertEquals(context.count("requested"), 3);
});

Deno.test("fetchPages() treats an error that means empty as a window without records, whatever its status", async () => {
  for (const status of [200, 400, 404]) {
    await using server = serve(() => Response.json({ error: { code: "NO_DATA" } }, { status }));
    const error = [{ path: "error.code", is: ["NO_DATA"], means: "empty" }, "error"];
    await using context = setup({ url: server.url }, { error });
    assertEquals(await ids(context.pages()), []);
  }
});

Deno.test("fetchPages() reads the error of an XML response whose status is an error", async () => {
  const body = "<a:Ack xmlns:a='urn:a'><a:Reason><a:code>999</a:code></a:Reason></a:Ack>";
  await using server = serve(() => new Response(body, { status: 400 }));
  const error = [{ path: "Ack.Reason.code", is: ["999"], means: "empty" }];
  await using context = setup({ url: server.url }, { format: "xml", error });
  assertEquals(await ids(context.pages()), []);
  await using other = setup({ url: server.url }, {
    format: "xml",
    error: [{ path: "Ack.Reason.code", is: ["1"], means: "empty" }],
  });
  assertStringIncludes((await failureOf(other.pages())).message, "status 400");
});

Deno.test("fetchPages() is too full when an error means that the window holds too much", async () => {
  for (const status of [200, 400]) {
    await using server = serve(() =>
      Response.json({ code: "TOO_MANY", msg: "narrow it" }, { status })
    );
    await using context = setup({ url: server.url }, {
      error: { path: "code", is: ["TOO_MANY"], means: "full" },
    });
    const failure = await failureOf(context.pages());
    assert(failure.tooFull);
    assertStringIncludes(failure.message, 'reports "narrow it"');
  }
});

Deno.test("fetchPages() stops the run at an error that means stop, and shows no secret", async () => {
  await using server = serve(() => Response.json({ errors: { requests: "limit of s3cret" } }));
  await using context = setup(
    { url: server.url, auth: { header: { "x-key": "${KEY}" } } },
    { error: [{ path: "errors.requests", means: "stop" }, "errors"] },
    { KEY: "s3cret" },
  );
  const failure = await failureOf(context.pages());
  assertEquals(failure.kind, "refused");
  assertStringIncludes(failure.message, 'the API reports "limit of ***" at "errors.requests"');
});

Deno.test("fetchPages() reads an empty body as no records when they are optional", async () => {
  for (const body of ["", "\n"]) {
    await using server = serve(() => new Response(body));
    await using context = setup({ url: server.url }, {
      records: { path: "items", optional: true },
    });
    assertEquals(await ids(context.pages()), []);
    await using strict = setup({ url: server.url });
    assertStringIncludes((await failureOf(strict.pages())).message, "it is empty");
  }
});
