// Traces as a collector receives them, from a run that is started as a user starts it.
import { assert, assertEquals } from "@std/assert";
import { openSite } from "../faults/site.ts";
import { thingsApi, thingsJob } from "../cli/things.ts";
import { serve } from "../support/http_server.ts";

interface OtlpSpan {
  readonly name: string;
  readonly kind: number;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: { key: string; value: Record<string, string> }[];
  readonly status: { code?: number };
}

/** A collector; `bodies` are what it received. */
function collector(bodies: string[]) {
  return serve(async (request) => {
    const body = await request.text();
    // The launcher's runtime sends its own measurements.
    if (new URL(request.url).pathname === "/v1/traces") bodies.push(body);
    return Response.json({});
  });
}

const DATES = ["--start-date", "2025-10-01", "--end-date", "2025-10-03"];

Deno.test("OTEL_DENO=true sends spans of the run, its windows, requests and batches, without a secret", async () => {
  const bodies: string[] = [];
  await using otlp = collector(bodies);
  await using api = thingsApi();
  const job = thingsJob(api.url).replace('day: "{from}"', 'day: "{from}", key: "${TINY_KEY}"');
  await using site = await openSite(job, {
    env: {
      ...{ TINY_TOKEN: "secret-token", TINY_KEY: "s3cret-of-the-query" },
      ...{ OTEL_DENO: "true", OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url },
    },
  });
  assertEquals((await site.run("backfill", DATES)).code, 0);
  assertEquals(bodies.join("").match(/secret-token|s3cret/), null);
  const spans = bodies.flatMap((body) =>
    JSON.parse(body).resourceSpans[0].scopeSpans[0].spans as OtlpSpan[]
  );
  const names = Map.groupBy(spans, ({ name }) => name);
  assertEquals([names.get("run")!.length, names.get("GET")!.length], [1, 4]);
  assertEquals([names.get("window things")!.length, names.has("write batch")], [3, true]);
  const [run] = names.get("run")!;
  assertEquals(run!.parentSpanId, undefined);
  assert(spans.every((span) => span === run || span.parentSpanId === run!.spanId));
  assert(spans.every((span) => BigInt(span.startTimeUnixNano) <= BigInt(span.endTimeUnixNano)));
  const request = names.get("GET")!.find(({ attributes }) =>
    attributes.some(({ value }) => value.stringValue === "things")
  )!;
  const url = request.attributes.find(({ key }) => key === "url.full")!.value.stringValue!;
  assertEquals(new URL(url).searchParams.get("key"), "***");
  assertEquals([request.kind, request.status], [3, {}]);
});

Deno.test("a run is traced only on request, and continues without a collector", async () => {
  const bodies: string[] = [];
  await using otlp = collector(bodies);
  await using api = thingsApi();
  await using site = await openSite(thingsJob(api.url), { env: { TINY_TOKEN: "secret-token" } });
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url };
  assertEquals((await site.run("backfill", DATES, { env })).code, 0);
  assertEquals(bodies, []);
  const gone = { OTEL_DENO: "true", OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" };
  const { code, stdout } = await site.run("backfill", DATES, { env: gone });
  assertEquals([code, stdout.match(/Cannot send spans to the collector/g)?.length], [0, 1]);
});
