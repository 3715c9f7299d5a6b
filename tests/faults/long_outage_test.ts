// Outages of 20 and 60 seconds in the middle of 200 windows, as real processes meet them: the run ends by itself,
// nothing is missing, and probing whether the API is back costs a handful of requests.
import { assert, assertEquals, assertLessOrEqual, assertMatch } from "@std/assert";
import { delay } from "@std/async/delay";
import { figure, longTest } from "./long.ts";
import { daysOf, meterJob, type Reading, readingsOf, tablesOf } from "./meter_api.ts";
import { openSite } from "./site.ts";

const ARGS = ["--start-date", "2024-01-01", "--end-date", "2024-07-18"];
const DAYS = daysOf("2024-01-01", "2024-07-19");
/** Requests that arrive before the outage. */
const BEFORE = 120;

type Kind = "refuses connections" | "responds with 503" | "is silent";

/** An API that is away for a while once it has served some requests. */
function startAway(kind: Kind, awayMs: number) {
  const ended = Promise.withResolvers<void>();
  const seen = { served: 0, away: 0, isAway: false };
  let server: Deno.HttpServer<Deno.NetAddr>;
  let port = 0;
  const open = () => {
    server = Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, respond);
    port = server.addr.port;
  };
  const leave = async () => {
    seen.isAway = true;
    // Idle connections are closed at once; requests in flight are answered first.
    if (kind === "refuses connections") await server.shutdown();
    await delay(awayMs);
    seen.isAway = false;
    if (kind === "refuses connections") open();
    ended.resolve();
  };
  const respond = async (request: Request): Promise<Response> => {
    const { searchParams } = new URL(request.url);
    if (seen.isAway && kind !== "refuses connections") {
      seen.away++;
      if (kind === "is silent") await ended.promise;
      return new Response("away", { status: 503 });
    }
    if (++seen.served === BEFORE) void leave();
    const days = daysOf(searchParams.get("from")!, searchParams.get("to")!);
    const [skip, limit] = ["skip", "limit"].map((name) => Number(searchParams.get(name)));
    const all: Reading[] = days.flatMap(readingsOf);
    return Response.json({ total: all.length, readings: all.slice(skip, skip! + limit!) });
  };
  open();
  return Object.assign(seen, {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  });
}

const KINDS: readonly (readonly [Kind, number])[] = [
  ["refuses connections", 20],
  ["refuses connections", 60],
  ["responds with 503", 20],
  ["responds with 503", 60],
  ["is silent", 20],
];

longTest(
  "an API that is away for 20 or 60 s in the middle of 200 windows costs a handful of requests",
  async () => {
    await Promise.all(KINDS.map(async ([kind, seconds]) => {
      await using api = startAway(kind, 1_000 * seconds);
      const source = "  timeout: 2s\n  concurrency: 4\n  limits: [50/s]";
      await using site = await openSite(meterJob(api.url, { source }));
      await using run = site.spawn("backfill", ARGS, { timeoutMs: 300_000 });
      await run.printed("API unreachable since ");
      const status = (await site.run("status")).stdout;
      const { code, stdout, stderr } = await run.result;
      assertEquals(code, 0, stderr);
      assertMatch(stdout, /API unreachable since \d\d:\d\d UTC, next try \d\d:\d\d UTC: /);
      assert(seconds < 60 || /API unreachable since /.test(status), status);
      assertEquals(await site.rows(), tablesOf(DAYS) as Record<string, unknown[]>);
      assertLessOrEqual(api.away, 16);
      figure(`${kind} for ${seconds} s: ${api.away} requests in the outage, ${api.served} in all`);
    }));
  },
);
