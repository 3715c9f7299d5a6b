// Responses and values that look complete and are not, as real APIs send them: each fails, or has the right value.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { castOf } from "../../lib/extract/cast/cast.ts";
import { Invalid } from "../../lib/extract/cast/invalid.ts";
import { recorded } from "./recorded.ts";
import { openWorld } from "./world.ts";

type Answer = (url: URL, request: Request) => Response | Promise<Response>;

const jobOf = (stream: string) =>
  `job: j
source: "\${URL}"
tables: { t: { key: id, columns: { id: text } } }
streams:
  t:
    window: day
${stream}    rows: t
`;

/** The failures of the windows of two days, and how many rows there are. */
async function outcome(stream: string, answer: Answer) {
  await using server = recorded(answer);
  await using world = await openWorld({ job: jobOf(stream), env: { URL: server.url } });
  await world.backfill("--start-date 2025-01-01 --end-date 2025-01-02");
  const entries = await (await world.stores.checkpoint(world.job)).retryEntries();
  const [{ rows }] = await world.query("SELECT count(*)::int AS rows FROM t") as [{ rows: number }];
  return { failures: entries.map(({ reason, hint }) => `${reason}: ${hint}`), rows };
}

const GET = `    request: { path: /t, query: { day: "{from}" } }\n`;
const OPTIONAL = `${GET}    records: { path: data, optional: true }\n`;

Deno.test("a response without records that reports an error under a common name is not an empty window", async () => {
  const errors: [body: unknown, shown: string][] = [
    [{ error: "rate limited" }, '"error" is "rate limited"'],
    [{ data: [], errors: { token: "Wrong" }, results: 0 }, '"errors" is {"token":"Wrong"}'],
    [{ success: false, data: [] }, '"success" is false'],
    [{ Status: "ERROR", data: [] }, '"Status" is "ERROR"'],
  ];
  const none = [
    { data: [], error: null, errors: [], success: true, status: "ok" },
    { error: { code: 0, message: "" } },
    { data: [], error: "OK" },
  ];
  for (const [day, body] of none.entries()) {
    const { failures } = await outcome(OPTIONAL, () => Response.json(body));
    assertEquals(failures, [], String(day));
  }
  for (const [body, shown] of errors) {
    const { failures } = await outcome(OPTIONAL, () => Response.json(body));
    assertEquals(failures.length, 2);
    assertStringIncludes(failures[0]!, shown);
  }
  // The job may say what such an error means.
  const { failures } = await outcome(
    `${OPTIONAL}    error: { path: error, means: empty }\n`,
    () => Response.json({ error: "No data" }),
  );
  assertEquals(failures, []);
});

Deno.test("XML of another root element that reports an error is not an empty window", async () => {
  const { failures } = await outcome(
    `${GET}    format: xml\n    records: { path: feed.entry, optional: true }\n`,
    () => new Response("<Error><Message>limited</Message></Error>"),
  );
  assertEquals(failures.length, 2);
  assertStringIncludes(failures[0]!, '"Error" is {"Message":"limited"}');
});

Deno.test("the message of an error is not an entry", async () => {
  const { failures, rows } = await outcome(
    `${GET}    records: { as: entries }\n`,
    () => Response.json({ "Error Message": "Invalid API call" }),
  );
  assertEquals([failures.length, rows], [2, 0]);
});

Deno.test("links that end before the declared count fail the window (GitHub's search)", async () => {
  const search = (total: number, isPartial: boolean): Answer => ({ searchParams, href }) => {
    const page = Number(searchParams.get("page") ?? 1);
    const next = new URL(href);
    next.searchParams.set("page", String(page + 1));
    const data = [1, 2].map((n) => ({ id: `${searchParams.get("day")} ${page} ${n}` }));
    return Response.json({ total_count: total, incomplete_results: isPartial, data }, {
      headers: page < 2 ? { link: `<${next.href}>; rel="next"` } : {},
    });
  };
  const stream = `${GET}    paging: { by: link_header }\n    records: data\n`;
  const cut = await outcome(stream, search(40, false));
  assertEquals(cut.failures.length, 2);
  assertStringIncludes(cut.failures[0]!, '"total_count" declares 40 records');
  const partial = await outcome(stream, search(4, true));
  assertStringIncludes(
    partial.failures[0]!,
    '"incomplete_results" is true, so records are missing',
  );
  assertEquals(await outcome(stream, search(4, false)), { failures: [], rows: 8 });
});

Deno.test("a total that is a lower bound ends no window (Elasticsearch)", async () => {
  const { failures, rows } = await outcome(
    `    request: { path: /t, method: POST, body: { day: "{from}" } }
    paging: { by: cursor, cursor: "hits.hits[-1].sort", cursor_param: search_after, size_param: size, size: 5, in: body }
    total: hits.total.value
    records: hits.hits
`,
    async (_url, request) => {
      const { search_after: after = [0] } = await request.json();
      const hits = [1, 2, 3, 4, 5].map((n) => ({ id: String(after[0] + n), sort: [after[0] + n] }));
      return Response.json({ hits: { total: { value: 10, relation: "gte" }, hits } });
    },
  );
  assertEquals([failures.length, rows], [2, 0]);
  assertStringIncludes(failures[0]!, "track_total_hits: true");
});

Deno.test("flags as strings show that a response was cut off", async () => {
  const flags: [Record<string, unknown>, string][] = [
    [{ hasMore: "Y" }, "more: hasMore }"],
    [{ isTruncated: "True" }, "more: isTruncated }"],
    [{ isLast: "false" }, 'more: { path: isLast, is: ["false"] } }'],
  ];
  for (const [flag, hint] of flags) {
    const { failures } = await outcome(
      `${GET}    records: data\n`,
      () => Response.json({ data: [{ id: "1" }], ...flag }),
    );
    assertEquals(failures.length, 2);
    assertStringIncludes(failures[0]!, hint);
  }
});

Deno.test("letters that change an amount are not a currency, and a week's day counts", () => {
  const options = { decimal: ".", timeZone: "UTC", inKey: false } as const;
  const money = castOf("money", options);
  for (const text of ["1.5 Mio", "£2bn", "100.00 CR", "3 MRD EUR", "7 Pct", "12,34"]) {
    assertEquals(money(text) instanceof Invalid, true, text);
  }
  assertEquals(["12.50 USD", "kr 1,250", "US$ 3"].map(money), ["12.50", "1250", "3"]);
  const at = (format: string, value: unknown) =>
    castOf("timestamptz", { ...options, format })(value);
  assertEquals(
    [at("epoch_us", 1735689600123456), at("epoch_ns", "1735689600123456789")],
    ["2025-01-01 00:00:00.123456+00", "2025-01-01 00:00:00.123456+00"],
  );
  assertEquals(at("epoch_ms", 1735689600123456) instanceof Invalid, true);
  const day = castOf("date", { ...options, format: "%G-W%V-%u" });
  assertEquals(["2025-W01-3", "2024-W53-1", "2020-W53-7"].map((text) => String(day(text))), [
    "2025-01-01",
    String(day("nothing")),
    "2021-01-03",
  ]);
});
