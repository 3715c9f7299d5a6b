import { assertEquals, assertStringIncludes } from "@std/assert";
import { flagsOf } from "../../lib/cli/launch/needs.ts";
import { openSite } from "../faults/site.ts";
import { sharedPostgres } from "../support/postgres_server.ts";
import { runTask } from "../support/run_task.ts";
import { tempDir } from "../support/temp.ts";
import { thingsApi, thingsJob } from "./things.ts";

const TOKEN = { TINY_TOKEN: "a-long-token" };

Deno.test("probe takes the file, the stream and the date, and exits with 0 when every value can be cast", async () => {
  const asked: string[] = [];
  await using api = thingsApi(asked);
  using dir = tempDir();
  await Deno.writeTextFile(dir.file("job.yaml"), thingsJob(api.url));
  const file = dir.file("job.yaml");
  const { code, stdout, stderr } = await runTask(
    "probe",
    [file, "--stream", "things", "--date", "2025-01-31", "--json"],
    { env: TOKEN },
  );
  assertEquals([code, stderr, asked], [0, "", ["/things"]]);
  const { ok, window, request, answer, records, rows } = JSON.parse(stdout);
  assertEquals([ok, window, answer.status, records.count], [true, "2025-01-31", 200, 2]);
  assertEquals(request.headers.authorization, "Bearer ***");
  assertEquals(rows[0].columns[0].values, ["2025-01-31 a", "2025-01-31 b"]);
});

Deno.test("probe chooses a stream with dates when a date is given, and refuses one without", async () => {
  const asked: string[] = [];
  await using api = thingsApi(asked);
  using dir = tempDir();
  const file = dir.file("job.yaml");
  await Deno.writeTextFile(file, thingsJob(api.url));
  const { code, stdout } = await runTask("probe", [file, "--date", "2025-01-31"], { env: TOKEN });
  assertEquals([code, asked], [0, ["/things"]], stdout);
  const dated = ["--stream", "kinds", "--date", "2025-01-31"];
  const { code: refused, stderr } = await runTask("probe", [file, ...dated], { env: TOKEN });
  assertEquals([refused, asked.length], [2, 1]);
  assertStringIncludes(stderr, 'Cannot probe stream "kinds" for a date: it has no window');
  assertStringIncludes(stderr, "hint: Omit --date, or choose things");
});

Deno.test("probe exits with 1 when a value cannot be cast, and with 2 when the stream is unknown", async () => {
  await using api = thingsApi();
  using dir = tempDir();
  const file = dir.file("job.yaml");
  await Deno.writeTextFile(file, thingsJob(api.url).replace("kind: text }", "kind: integer }"));
  const failed = await runTask("probe", [`--config=${file}`, "--stream=things"], { env: TOKEN });
  assertEquals(failed.code, 1);
  assertStringIncludes(failed.stdout, "things.kind, 2 times: the value");
  const unknown = await runTask("probe", [file, "--stream", "thing"], { env: TOKEN });
  assertEquals(unknown.code, 2);
  assertStringIncludes(unknown.stderr, 'hint: Did you mean "things"?');
});

Deno.test("probe counts its requests against a quota, refuses what is over it, and works without a database", async () => {
  const asked: string[] = [];
  await using api = thingsApi(asked);
  using dir = tempDir();
  const file = dir.file("job.yaml");
  const source = `source: { url: "${api.url}", limits: [100/s, 2/d], `;
  await Deno.writeTextFile(file, thingsJob(api.url).replace(/source: \{ url: "[^"]*", /, source));
  const args = [file, "--stream", "kinds", "--json"];
  const database = await (await sharedPostgres()).createDatabase();
  const env = { ...TOKEN, DATABASE_URL: database };
  for (const count of [1, 2]) {
    assertEquals([(await runTask("probe", args, { env })).code, asked.length], [0, count]);
  }
  const over = await runTask("probe", args, { env });
  assertEquals([over.code, asked.length], [1, 2], over.stderr);
  assertStringIncludes(JSON.parse(over.stdout).problem.message, "the quota 2/d is used up");
  // Nothing listens there.
  const away = { ...TOKEN, DATABASE_URL: "postgres://nobody@127.0.0.1:9/none" };
  const alone = await runTask("probe", args, { env: away });
  assertEquals([alone.code, asked.length], [0, 3]);
  assertStringIncludes(alone.stderr, "not counted against the limits of other runs");
});

Deno.test("probe and backfill count a single limit over a day together", async () => {
  const asked: string[] = [];
  await using api = thingsApi(asked);
  using dir = tempDir();
  const file = dir.file("job.yaml");
  const source = `source: { url: "${api.url}", limits: 3/d, `;
  await Deno.writeTextFile(file, thingsJob(api.url).replace(/source: \{ url: "[^"]*", /, source));
  const DATABASE_URL = await (await sharedPostgres()).createDatabase();
  const env = { ...TOKEN, DATABASE_URL, BACKFILL_KV: dir.file("kv"), BACKFILL_LOGS: dir.file("l") };
  const probe = () => runTask("probe", [file, "--stream", "kinds", "--json"], { env });
  assertEquals([(await probe()).code, (await probe()).code, asked.length], [0, 0, 2]);
  const args = ["--config", file, "--only", "kinds"];
  assertEquals([(await runTask("backfill", args, { env })).code, asked.length], [0, 3]);
  const over = await probe();
  assertEquals([over.code, asked.length], [1, 3], over.stderr);
  assertStringIncludes(JSON.parse(over.stdout).problem.message, "the quota 3/d is used up");
});

Deno.test("probe --help names the parameters of the job", async () => {
  const { code, stdout } = await runTask("probe", ["config/racing.yaml", "--help"]);
  assertEquals(code, 0);
  assertStringIncludes(stdout, "--region-codes");
  assertEquals((await runTask("probe", ["config/none.yaml", "--help"])).code, 0);
});

Deno.test("probe runs the query of for_each, and may reach the database only for it and for limits", async () => {
  const asked: string[] = [];
  await using api = thingsApi(asked);
  const fed = `${thingsJob(api.url)}`.replace(
    "checks:",
    `  fed:
    request: "/things/{each.kind}"
    for_each: { kind: { query: SELECT id FROM kinds ORDER BY id DESC } }
    rows: things
checks:`,
  );
  await using site = await openSite(fed, { env: TOKEN });
  await site.run("backfill", ["--only", "kinds"]);
  const { code, stdout } = await site.run("probe", ["--stream", "fed"]);
  assertEquals([code, asked.at(-1)], [0, "/things/b"], stdout);

  const net = async (job: string) => {
    using dir = tempDir();
    const file = dir.file("job.yaml");
    Deno.writeTextFileSync(file, job);
    const env = { DATABASE_URL: "postgres://u@db.example.com/x" };
    const flags = await flagsOf("probe", [file, "--stream", "fed"], env);
    return flags.find((flag) => flag.startsWith("--allow-net="))?.includes("db.example.com");
  };
  const limited = thingsJob(api.url).replace("source: {", "source: { limits: 2/s,");
  const reaches = [await net(fed), await net(thingsJob(api.url)), await net(limited)];
  assertEquals(reaches, [true, false, true]);
});

Deno.test("probe of a stream whose values no run has fetched yet says what to run first", async () => {
  using dir = tempDir();
  const file = dir.file("job.yaml");
  await Deno.writeTextFile(
    file,
    `job: tiny
start: 2024-01-01
source: http://127.0.0.1:9
tables: { kinds: { key: id, columns: { id: text } } }
streams:
  kinds: { request: /kinds, rows: kinds }
  things:
    for_each: { kind: { query: SELECT id FROM kinds } }
    request: "/things/{each.kind}"
    rows: kinds
`,
  );
  const DATABASE_URL = await (await sharedPostgres()).createDatabase();
  const { code, stderr } = await runTask("probe", [file, "--stream", "things"], {
    env: { DATABASE_URL },
  });
  assertEquals(code, 2, stderr);
  assertStringIncludes(stderr, "Run the streams that fill the tables of its query first");
});
