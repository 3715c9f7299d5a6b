// What a user sees of an API that is away: the lines and the log of the run, `status`, and the page of cron.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { delay } from "@std/async/delay";
import { daysOf, meterJob, type Reading, readingsOf, tablesOf } from "./meter_api.ts";
import { openSite } from "./site.ts";

const ARGS = ["--start-date", "2024-01-01", "--end-date", "2024-01-31"];
const DAYS = daysOf("2024-01-01", "2024-02-01");
const UNREACHABLE =
  /API unreachable since \d\d:\d\d UTC, next try \d\d:\d\d UTC: connection refused by 127\.0\.0\.1:\d+/;

/** An API on one port whose server stops and starts. */
function startStopping() {
  let server: Deno.HttpServer<Deno.NetAddr> | undefined;
  let port = 0;
  const state = {
    requests: 0,
    start() {
      server = Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, async (request) => {
        state.requests++;
        const { searchParams } = new URL(request.url);
        const days = daysOf(searchParams.get("from")!, searchParams.get("to")!);
        const skip = Number(searchParams.get("skip"));
        const all: Reading[] = days.flatMap(readingsOf);
        await delay(20);
        const limit = Number(searchParams.get("limit"));
        return Response.json({ total: all.length, readings: all.slice(skip, skip + limit) });
      });
      port = server.addr.port;
      return `http://127.0.0.1:${port}`;
    },
    async stop() {
      await server?.shutdown();
      server = undefined;
    },
    [Symbol.asyncDispose]: () => state.stop(),
  };
  return state;
}

Deno.test("an outage and its end are shown in plain lines, the log and status", async () => {
  await using api = startStopping();
  const job = meterJob(api.start(), { source: "  concurrency: 2" });
  await using site = await openSite(job);
  await using task = site.spawn("backfill", ARGS, { timeoutMs: 120_000 });
  while (api.requests < 12) await delay(5);
  await api.stop();
  await task.printed("API unreachable since ");
  const before = api.requests;
  assertMatch(task.output.stdout, UNREACHABLE);
  const [log] = [...Deno.readDirSync(site.logs)].filter(({ name }) => name.endsWith(".log"));
  assertMatch(await Deno.readTextFile(`${site.logs}/${log!.name}`), UNREACHABLE);
  assertMatch((await site.run("status")).stdout, UNREACHABLE);
  const { runs: [run] } = JSON.parse((await site.run("status", ["--json"])).stdout);
  assertEquals([run.wait.kind, run.wait.sinceMs < run.wait.untilMs], ["outage", true]);
  assertEquals(api.requests, before);
  api.start();
  const { code, stdout, stderr } = await task.result;
  assertEquals(code, 0, stderr);
  assertMatch(stdout, /requests resume\n/);
  assertEquals(await site.rows(), tablesOf(DAYS) as Record<string, unknown[]>);
  assert(!/API unreachable/.test((await site.run("status")).stdout));
});

Deno.test("an outage is shown on the page that cron serves", async () => {
  await using api = startStopping();
  const job = meterJob(api.start(), { source: "  concurrency: 2" });
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const PORT = String(listener.addr.port);
  listener.close();
  await using site = await openSite(job, {
    env: { PORT },
  });
  await api.stop();
  await using update = site.spawn("cron", ["--once"]);
  await update.printed("API unreachable since ");
  await using page = site.spawn("cron");
  await page.printed("status at ");
  const text = await (await fetch(`http://127.0.0.1:${PORT}/`)).text();
  assertMatch(text, UNREACHABLE);
  const { runs: [run] } = await (await fetch(`http://127.0.0.1:${PORT}/status.json`)).json();
  assertEquals(run.wait.kind, "outage");
});
