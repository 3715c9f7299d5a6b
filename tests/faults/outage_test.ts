// Runs while the API is unreachable: they wait and continue by themselves, and no window fails because of it.
// The arithmetic of probes is tested in tests/fetch/rate/availability_test.ts; here are whole runs.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { formatWait, type Wait } from "../../lib/report/text/wait.ts";
import { openBench } from "./in_process.ts";
import { daysOf, meterJob, startMeters, tablesOf } from "./meter_api.ts";

const [FIRST, LAST] = ["2024-01-01", "2024-01-20"];
const DAYS = daysOf(FIRST, "2024-01-21");
const DOWN = () => new Response("down", { status: 503 });

function waitsOf(events: readonly { kind: string; wait?: Wait | null }[]): (Wait | null)[] {
  return events.flatMap(({ kind, wait }) => kind === "waiting" ? [wait!] : []);
}

Deno.test("backfill() waits for an API that becomes unreachable during a run, and fails no window", async () => {
  let failing = 0;
  await using api = startMeters(({ number }) => number > 12 && ++failing <= 7 ? DOWN() : undefined);
  await using bench = await openBench(meterJob(api.url));
  const { summary, events, error } = await bench.run(FIRST, LAST);
  assertEquals([summary.outcome, summary.windows.failed, error], ["done", 0, undefined]);
  assertEquals(await bench.rows(), tablesOf(DAYS) as Record<string, unknown[]>);
  const [wait, ...more] = waitsOf(events);
  assert(wait !== null && wait !== undefined);
  assertEquals([wait.kind, more.at(-1)], ["outage", null]);
  assert(
    /^API unreachable since [\d: -]+ UTC, next try [\d: -]+ UTC: .* 503$/.test(formatWait(wait)),
    formatWait(wait),
  );
});

Deno.test("backfill() waits for an API that is unreachable from the first request on", async () => {
  let failing = 0;
  await using api = startMeters(() => ++failing <= 9 ? DOWN() : undefined);
  await using bench = await openBench(meterJob(api.url));
  const { summary } = await bench.run(FIRST, LAST);
  assertEquals([summary.outcome, summary.windows.failed], ["done", 0]);
  assertEquals(await bench.rows(), tablesOf(DAYS) as Record<string, unknown[]>);
});

Deno.test("backfill() fails the one window whose request always fails, even if it is the only one in flight", async () => {
  const bad = DAYS.at(-1)!;
  for (const status of [500, 503]) {
    await using api = startMeters(({ from }) =>
      from === bad ? new Response("no", { status }) : undefined
    );
    await using bench = await openBench(meterJob(api.url, { source: "  concurrency: 1" }));
    const { summary, events, error } = await bench.run(FIRST, LAST);
    assertEquals([summary.outcome, summary.windows.failed, error], ["failed", 1, undefined]);
    assertEquals(waitsOf(events), []);
    assertEquals((await bench.retryEntries()).length, 1);
  }
});

Deno.test("backfill() does not wait for a port that speaks another protocol than HTTP", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    for await (const connection of listener) {
      await connection.read(new Uint8Array(4096));
      await connection.write(new TextEncoder().encode("SSH-2.0-OpenSSH_9.2\r\n"));
      connection.close();
    }
  })();
  const { port } = listener.addr as Deno.NetAddr;
  {
    await using bench = await openBench(meterJob(`http://127.0.0.1:${port}`));
    const { summary, events } = await bench.run(FIRST, FIRST);
    assertEquals([summary.outcome, waitsOf(events)], ["failed", []]);
    const [entry] = await bench.retryEntries();
    assertStringIncludes(entry!.reason, `127.0.0.1:${port} does not respond with valid HTTP`);
    assertEquals(entry!.hint, 'Check host and port in "url" of the source');
  }
  listener.close();
  await serving;
});

Deno.test("backfill() ends after max_outage, and reports since when the API is unreachable", async () => {
  await using api = startMeters(({ number }) => number > 12 ? DOWN() : undefined);
  const source = "  max_outage: 2s";
  await using bench = await openBench(meterJob(api.url, { source }));
  const { summary, error } = await bench.run(FIRST, LAST);
  assert(error instanceof Failure);
  assertEquals([summary.outcome, summary.windows.failed, error.kind], ["failed", 0, "unavailable"]);
  assertStringIncludes(error.message, "Cannot reach the API: unreachable since ");
  assertStringIncludes(error.hint!, "--resume");
});

Deno.test("backfill() refetches a window that failed for a transient reason at the end", async () => {
  const bad = DAYS[3]!;
  let failing = 0;
  await using api = startMeters(({ from }) =>
    from === bad && ++failing <= 3 ? new Response("no", { status: 500 }) : undefined
  );
  await using bench = await openBench(meterJob(api.url));
  const { summary } = await bench.run(FIRST, LAST);
  assertEquals([summary.outcome, summary.windows.failed], ["done", 0]);
  assert(failing > 3, "the window was not fetched again");
  assertEquals(await bench.rows(), tablesOf(DAYS) as Record<string, unknown[]>);
});

Deno.test("backfill() fetches windows again at the end whose response was a web page or empty, with status 200", async () => {
  const page = "<!doctype html><html><title>Maintenance</title></html>";
  const bodies = [
    () => new Response(page, { headers: { "content-type": "text/html" } }),
    () => new Response(""),
  ];
  for (const body of bodies) {
    const bad = new Set(DAYS.slice(3, 8));
    await using api = startMeters(({ from }) => bad.delete(from) ? body() : undefined);
    await using bench = await openBench(meterJob(api.url));
    const { summary, error } = await bench.run(FIRST, LAST);
    assertEquals([summary.outcome, summary.windows.failed, error], ["done", 0, undefined]);
    assertEquals(await bench.rows(), tablesOf(DAYS) as Record<string, unknown[]>);
  }
});
