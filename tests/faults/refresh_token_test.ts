// Refresh tokens that rotate: whatever ends a process, the next one has the newest token, two never use the same one,
// and nothing that can be read shows one.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { delay } from "@std/async/delay";
import { Failure } from "../../lib/failure.ts";
import { openBench } from "./in_process.ts";
import { daysOf, type MeterApi, meterJob, startMeters, tablesOf } from "./meter_api.ts";
import { openSite, type Site } from "./site.ts";
import { openSql } from "./sql.ts";
import { startTokenServer, type TokenServer } from "./token_server.ts";

const ARGS = ["--start-date", "2024-01-01", "--end-date", "2024-01-31"];
const DAYS = daysOf("2024-01-01", "2024-02-01");
type Tables = Record<string, unknown[]>;

/** The job of the meters, with a refresh token. */
function refreshJob(
  { url }: MeterApi,
  tokens: TokenServer,
  more: { source?: string; prefix?: string; grant?: string } = {},
): string {
  const grant = more.grant ?? 'refresh_token: "${METER_REFRESH}"';
  const oauth2 = `{ token_url: "${tokens.url}/token", client_id: me, ` +
    `client_secret: "\${METER_PASSWORD}", ${grant} }`;
  return meterJob(url, more).replace(/auth: .*/, `auth: { oauth2: ${oauth2} }`);
}

/** An API that refuses every access token but the newest. */
function startGuarded(tokens: TokenServer, waitMs = 0): MeterApi {
  return startMeters(async ({ authorization }) => {
    if (!tokens.accepts(authorization)) return new Response("no", { status: 401 });
    if (waitMs > 0) await delay(waitMs);
    return undefined;
  });
}

/** Everything that a command wrote where somebody else may read it. */
async function readable(site: Site): Promise<string> {
  await using sql = openSql(site.databaseUrl);
  const kept = await sql.run("SELECT to_jsonb(t)::text FROM hindcast_tokens AS t");
  const files = [...Deno.readDirSync(site.logs)].map(({ name }) => `${site.logs}/${name}`);
  const texts = [site.kvPath, ...files].map((path) =>
    new TextDecoder("latin1").decode(Deno.readFileSync(path))
  );
  return JSON.stringify(kept) + texts.join();
}

Deno.test("a refresh token that rotates survives kill -9, is used once, and is shown nowhere", async () => {
  await using tokens = startTokenServer();
  await using api = startGuarded(tokens, 30);
  const job = refreshJob(api, tokens, { source: "  concurrency: 2" });
  await using site = await openSite(job, { env: { METER_REFRESH: tokens.first } });
  const outputs: string[] = [];
  {
    await using task = site.spawn("backfill", ARGS);
    while (api.asked.length < 8) await delay(5);
    outputs.push(task.output.stdout, task.output.stderr);
    // Leaving the scope kills it.
  }
  assertEquals(tokens.requests.length, 1);
  const { code, stdout, stderr } = await site.run("backfill", [...ARGS, "--resume"]);
  assertEquals(code, 0, stderr);
  assertEquals(await site.rows(), tablesOf(DAYS) as Tables);
  // The access token is kept too, so a start does not use up a refresh token.
  assertEquals([tokens.requests.length, tokens.reuses], [1, 0]);
  const { form, authorization } = tokens.requests[0]!;
  assertEquals(form, { grant_type: "refresh_token", refresh_token: tokens.first });
  assert(authorization?.startsWith("Basic "));
  const probe = await site.run("probe", ["--date", "2024-01-02"]);
  const doctor = await site.run("doctor");
  assertEquals([probe.code, tokens.requests.length], [0, 1], probe.stdout + probe.stderr);
  outputs.push(stdout, stderr, ...Object.values(probe).map(String), doctor.stdout, doctor.stderr);
  const shown = outputs.join() + await readable(site);
  for (const token of tokens.issued) assert(!shown.includes(token), token);
});

Deno.test("each run uses the newest refresh token, until the environment holds another one", async () => {
  await using tokens = startTokenServer(1);
  await using api = startGuarded(tokens);
  // The earlier way to write it means the same.
  for (
    const grant of [
      undefined,
      'form: { grant_type: refresh_token, refresh_token: "${METER_REFRESH}" }',
    ]
  ) {
    const env = { METER_REFRESH: tokens.issued.findLast((token) => token.startsWith("refresh"))! };
    const options = grant === undefined ? {} : { grant };
    await using bench = await openBench(refreshJob(api, tokens, options), { env });
    for (const day of ["2024-01-01", "2024-01-02", "2024-01-03"]) {
      assertEquals((await bench.run(day, day)).summary.outcome, "done");
      await delay(1_000);
    }
  }
  const used = tokens.requests.map(({ form }) => form.refresh_token!);
  assertEquals(new Set(used).size, used.length);
  assert(used.length >= 6, `${used.length} refreshes`);
  assertEquals(tokens.reuses, 0);
});

Deno.test("two processes that need a token at once refresh it once", async () => {
  await using tokens = startTokenServer();
  tokens.before = () => delay(1_500);
  await using api = startGuarded(tokens);
  const env = { METER_REFRESH: tokens.first };
  await using site = await openSite(refreshJob(api, tokens), { env });
  const other = refreshJob(api, tokens, { prefix: "other_" });
  await Deno.writeTextFile(site.file("other.yaml"), other);
  const runs = await Promise.all([
    site.run("backfill", ARGS),
    site.run("backfill", ["--config", site.file("other.yaml"), ...ARGS]),
  ]);
  assertEquals(runs.map(({ code }) => code), [0, 0], runs.map(({ stderr }) => stderr).join());
  assertEquals([tokens.requests.length, tokens.reuses], [1, 0]);
});

Deno.test("a run that is stopped while it refreshes a token keeps the new one", async () => {
  await using tokens = startTokenServer();
  const env = { METER_REFRESH: tokens.first };
  const stop = new AbortController();
  tokens.before = async (number) => {
    if (number > 1) return;
    stop.abort(new Failure("interrupted", "stopped"));
    await delay(200);
  };
  await using api = startGuarded(tokens);
  await using bench = await openBench(refreshJob(api, tokens), { env });
  const { summary } = await bench.run("2024-01-01", "2024-01-03", { signal: stop.signal });
  assertEquals([summary.outcome, api.asked.length], ["interrupted", 0]);
  const next = await bench.run("2024-01-01", "2024-01-03", { resume: true });
  assertEquals(next.summary.outcome, "done");
  assertEquals([tokens.requests.length, tokens.reuses], [1, 0]);
});

Deno.test("a run waits for an unavailable token server, and fails no window", async () => {
  await using tokens = startTokenServer(1);
  await using api = startGuarded(tokens, 20);
  let failing = 0;
  tokens.before = (number) =>
    number > 1 && ++failing <= 4 ? new Response("down", { status: 503 }) : undefined;
  const env = { METER_REFRESH: tokens.first };
  const job = refreshJob(api, tokens, { source: "  concurrency: 2\n  limits: 20/s" });
  await using bench = await openBench(job, { env });
  const { summary, events } = await bench.run("2024-01-01", "2024-01-20");
  assertEquals([summary.outcome, summary.windows.failed, tokens.reuses], ["done", 0, 0]);
  assert(failing > 4);
  const waits = events.flatMap((event) => event.kind === "waiting" ? [event.wait?.reason] : []);
  assert(waits.some((reason) => reason?.includes("no token from 127.0.0.1")), waits.join());
});

Deno.test("a refresh token that the server refuses ends the run, which says what to do and shows no token", async () => {
  await using tokens = startTokenServer();
  await using api = startGuarded(tokens);
  await using bench = await openBench(refreshJob(api, tokens), {
    env: { METER_REFRESH: "expired-one" },
  });
  const { error } = await bench.run("2024-01-01", "2024-01-03");
  assert(error instanceof Failure, String(error));
  assertEquals([error.kind, tokens.requests.length], ["refused", 1]);
  assertStringIncludes(error.message, "responded with status 400");
  assertStringIncludes(error.hint!, "set METER_REFRESH to the new one");
  assert(!error.message.includes("expired-one"), error.message);
});

Deno.test("probe sends no refresh token where it could not keep the new one", async () => {
  await using tokens = startTokenServer();
  await using api = startGuarded(tokens);
  await using site = await openSite(refreshJob(api, tokens), {
    database: { url: "postgres://127.0.0.1:1/nothing" },
    env: { METER_REFRESH: tokens.first },
  });
  const { code, stdout, stderr } = await site.run("probe", ["--date", "2024-01-02"]);
  assertEquals([code, tokens.requests.length], [2, 0], stdout);
  assertStringIncludes(stderr, "Cannot refresh the token: the database");
});
