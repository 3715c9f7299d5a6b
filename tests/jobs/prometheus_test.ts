import { assertEquals } from "@std/assert";
import { assertForecast } from "./forecast_of.ts";
import { recorded, unknownParams } from "./recorded.ts";
import { openWorld } from "./world.ts";

const METRICS: Readonly<Record<string, Record<string, string>[]>> = {
  up: [{ __name__: "up", instance: "a:1", job: "x" }, { __name__: "up", instance: "b:1" }],
  node_load1: [],
  'sum by (instance) (rate(prometheus_http_requests_total{code="200"}[5m]))': [
    { instance: "a:1" },
    {},
  ],
};

/** The value of a series at a second, as text. */
function valueAt(second: number, index: number): string {
  const minute = second / 60;
  if (minute % 500 === 0) return ["NaN", "+Inf"][index]!;
  return String(minute % 1000 / 8 + index);
}

/** Returns the samples from the first to the last second, inclusive, a step apart. */
function servePrometheus() {
  return recorded((url) => {
    const { pathname, searchParams: params } = url;
    if (unknownParams(url, ["query", "start", "end", "step"]).length > 0) return undefined;
    if (pathname !== "/api/v1/query_range") return undefined;
    const [start, end, step] = ["start", "end", "step"].map((name) => Number(params.get(name)));
    const seconds = Array.from(
      { length: Math.floor((end! - start!) / step!) + 1 },
      (_, at) => start! + at * step!,
    );
    const result = METRICS[params.get("query")!]?.map((metric, index) => ({
      metric,
      values: seconds.map((second) => [second, valueAt(second, index)]),
    }));
    return Response.json({ status: "success", data: { resultType: "matrix", result } });
  });
}

Deno.test("prometheus joins the series of each day by a hash of their labels", async () => {
  await using server = servePrometheus();
  const env = { PROMETHEUS_URL: server.url };
  await using world = await openWorld({ job: "prometheus.yaml", env });
  const ran = await world.backfill("--start-date 2025-01-30 --end-date 2025-01-31");
  assertEquals([ran.error, ran.summary.ok, ran.summary.rejected], [undefined, true, 0]);
  assertForecast(ran, server.asked.length);

  const first = Date.parse("2025-01-30T00:00Z") / 1000;
  const expected = [["requests", 1], ["requests", 0], ["up", 0], ["up", 1]].flatMap(
    ([query, index]) =>
      Array.from({ length: 2 * 1440 }, (_, minute) => {
        const value = Number(valueAt(first + minute * 60, Number(index)));
        return {
          query,
          instance: [["a:1", null], ["a:1", "b:1"]][query === "up" ? 1 : 0]![Number(index)],
          second: first + minute * 60,
          value: Number.isFinite(value) ? value : null,
        };
      }),
  );
  const rows = await world.query(
    `SELECT query, instance, extract(epoch FROM at)::int AS second, value
    FROM samples JOIN series ON id = series_id
    ORDER BY query, instance COLLATE "C" NULLS FIRST, at`,
  );
  assertEquals(rows, expected);
  const labels = await world.query(
    "SELECT labels FROM series WHERE query = 'up' ORDER BY instance",
  );
  assertEquals(labels.map((row) => row.labels), METRICS.up);
});
