// Runs journeys on a separate job as real processes, takes every command that they print, and runs it as
// it was printed: each is accepted and names the same job.
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { openSite, type Site } from "../faults/site.ts";
import { serve } from "../support/http_server.ts";
import { runTask } from "../support/run_task.ts";

const JOB = (url: string) =>
  `job: tiny
start: 2025-10-01
source: { url: "${url}" }
tables:
  kinds: { key: id, columns: { id: text } }
  things: { key: id, columns: { id: text, day: date } }
streams:
  kinds: { group: masters, request: /kinds, rows: kinds }
  things: { request: { path: /things, query: { day: "{from}" } }, window: day, rows: things }
`;

const DAYS = ["--start-date", "2025-10-01", "--end-date", "2025-10-03"];

type Mood = "fine" | "refuses" | "rejected" | "hangs";

/** A job and its API, which behaves on the second day as it is set to. */
async function openJourney() {
  const api = { mood: "fine" as Mood };
  const server = serve((request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/kinds") return Response.json([{ id: "a" }]);
    const day = searchParams.get("day");
    if (day !== "2025-10-02" || api.mood === "fine") return Response.json([{ id: day, day }]);
    if (api.mood === "rejected") return Response.json([{ id: day, day: "some day" }]);
    if (api.mood === "refuses") return Response.json({ error: "no" }, { status: 422 });
    return new Promise<Response>((resolve) =>
      request.signal.addEventListener("abort", () => resolve(new Response()))
    );
  });
  const site = await openSite(JOB(server.url));
  return {
    api,
    site,
    [Symbol.asyncDispose]: async () => {
      await site[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** The commands in an output: each ends at the end of its line, or where the sentence continues. */
function commandsIn(output: string): string[] {
  const matches = output.matchAll(/\bdeno task ([a-z][^\n,;`]*)/g);
  return [...new Set([...matches].map(([, command]) => command!.trim()))];
}

/** The words of a printed command line, as a shell takes them. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word!);
}

/** Runs a command line, then every command that it printed; returns those. */
async function follow(
  site: Site,
  [command, ...args]: string[],
  { code }: { code: number },
): Promise<string[]> {
  const ran = await site.run(command!, args);
  assertEquals(ran.code, code, ran.stdout + ran.stderr);
  const printed = commandsIn(args.includes("--json") ? ran.stderr : ran.stdout + ran.stderr);
  for (const line of printed) {
    assert(line.includes(site.file("job.yaml")), `"${line}" does not name the job`);
    const [name, ...words] = wordsOf(line);
    // The site adds the job to commands that name none; `check` takes it as an argument.
    const pasted = await site.run(name!, words);
    assertNotEquals(pasted.code, 2, `deno task ${line}: ${pasted.stderr}`);
  }
  const file = site.file("job.yaml");
  return printed.map((line) => line.replace(file, "FILE"));
}

Deno.test("commands printed after success, failures, rejected rows and an interruption can be pasted", async () => {
  await using journey = await openJourney();
  const { api, site } = journey;
  api.mood = "refuses";
  assertEquals(await follow(site, ["backfill", ...DAYS], { code: 1 }), [
    "errors --config FILE",
    "backfill --config FILE --resume",
  ]);
  assertEquals(await follow(site, ["errors"], { code: 0 }), ["backfill --config FILE --resume"]);
  api.mood = "rejected";
  assertEquals(await follow(site, ["backfill", ...DAYS], { code: 1 }), [
    "errors --config FILE",
    "backfill --config FILE --resume",
  ]);
  assertEquals(await follow(site, ["verify"], { code: 1 }), [
    "errors --config FILE",
    "backfill --config FILE --resume",
  ]);
  api.mood = "fine";
  assertEquals(await follow(site, ["backfill", "--resume"], { code: 0 }), [
    "verify --config FILE",
  ]);
  assertEquals(await follow(site, ["status"], { code: 0 }), ["verify --config FILE"]);
  api.mood = "hangs";
  const stopped = site.spawn("backfill", DAYS);
  await stopped.printed("things       2025-10-01");
  stopped.kill("SIGINT");
  api.mood = "fine";
  const { code, stdout } = await stopped.result;
  assertEquals([code, commandsIn(stdout)], [130, [
    `backfill --config ${site.file("job.yaml")} --resume`,
  ]]);
  assertEquals((await site.run("backfill", ["--resume"])).code, 0);
});

Deno.test("commands printed for an empty checkpoint, wrong flags and mistakes can be pasted", async () => {
  await using journey = await openJourney();
  const { site } = journey;
  assertEquals(await follow(site, ["status"], { code: 0 }), ["backfill --config FILE"]);
  await Deno.remove(site.kvPath);
  // The checkpoint that is opened in its place takes coverage from the target, so nothing is left to do.
  assertEquals(await follow(site, ["verify"], { code: 0 }), []);
  assertEquals(await follow(site, ["status"], { code: 0 }), ["verify --config FILE"]);
  await Deno.remove(site.kvPath);
  assertEquals(await follow(site, ["checkpoint"], { code: 2 }), [
    "checkpoint --config FILE --rebuild",
    "status --config FILE",
  ]);
  assertEquals(
    await follow(site, ["backfill", "--check-status", "--dry-run", "--json"], { code: 2 }),
    [
      "backfill --config FILE --check-status --json",
    ],
  );
  assertEquals(await follow(site, ["backfill", "--start-dat", "2025-10-01"], { code: 2 }), []);
  const none = await site.run("status", ["--config", site.file("none.yaml")]);
  assertEquals([none.code, commandsIn(none.stderr)], [2, []]);
  await Deno.writeTextFile(site.file("bad.yaml"), "job: [\n");
  const bad = await site.run("status", ["--config", site.file("bad.yaml")]);
  assertEquals([bad.code, commandsIn(bad.stderr)], [2, [`check ${site.file("bad.yaml")}`]]);
});

Deno.test("commands printed by doctor and probe can be pasted", async () => {
  await using journey = await openJourney();
  const { site } = journey;
  assertEquals(await follow(site, ["doctor"], { code: 0 }), [
    "backfill --config FILE --check-status",
  ]);
  assertEquals(
    await follow(site, ["probe", "--stream", "things", "--date", "2025-10-01"], { code: 0 }),
    [
      "backfill --config FILE --only things --dry-run",
    ],
  );
  await Deno.writeTextFile(site.kvPath, "no database");
  assertEquals(await follow(site, ["doctor"], { code: 1 }), [
    "checkpoint --config FILE --rebuild",
    "doctor --config FILE",
  ]);
});

Deno.test("commands printed by probe, worker, query and status can be pasted, with a space in the path", async () => {
  await using journey = await openJourney();
  const { api, site } = journey;
  const file = site.file("my jobs", "things.yaml");
  await Deno.mkdir(site.file("my jobs"));
  await Deno.copyFile(site.file("job.yaml"), file);
  const { databaseUrl: DATABASE_URL, kvPath: BACKFILL_KV, logs: BACKFILL_LOGS } = site;
  const run = (name: string, words: string[]) =>
    runTask(name, words, { env: { DATABASE_URL, BACKFILL_KV, BACKFILL_LOGS } });
  /** Runs a command, then each one that it printed, as a shell would; returns those. */
  const follow = async ([command, ...args]: string[], code: number) => {
    const ran = await run(command!, args);
    assertEquals(ran.code, code, ran.stdout + ran.stderr);
    const printed = commandsIn(ran.stdout + ran.stderr);
    const pasted = await Promise.all(printed.map((line) => {
      const [name, ...words] = wordsOf(line);
      assert(words.includes(file), `"${line}" does not name the job`);
      return run(name!, words);
    }));
    // `check` reports what is wrong with the file by the same code as a wrong command line.
    const refused = pasted.filter(({ code, stderr }) =>
      code === 2 && !stderr.includes("1 problem")
    );
    assertEquals(refused.map(({ stderr }) => stderr), []);
    return printed.map((line) => line.replace(`'${file}'`, "FILE"));
  };
  const named = ["--config", file];
  api.mood = "rejected";
  assertEquals(await follow(["probe", file, "--stream", "things", "--date", "2025-10-02"], 1), [
    "probe FILE --stream things",
  ]);
  assertEquals(await follow(["worker", ...named, "--wait", "0"], 2), [
    "backfill --config FILE --resume",
  ]);
  assertEquals(await follow(["query", ...named, "DELETE FROM things"], 1), [
    "query --config FILE --tables",
  ]);
  await Deno.writeTextFile(file, "job: [\n");
  assertEquals(await follow(["status", ...named], 2), ["check FILE"]);
});
