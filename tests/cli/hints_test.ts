// What a user sees when a setting is wrong: what was found, and one thing to do that works when it is pasted.
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import { openSite } from "../faults/site.ts";
import { REPOSITORY } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";
import { thingsApi, thingsJob } from "./things.ts";

const TOKEN = { TINY_TOKEN: "token-of-things" };
const DAY = ["--start-date", "2025-10-01", "--end-date", "2025-10-01"];

Deno.test("every command explains itself where there is no job", async () => {
  using empty = tempDir();
  const commands = "backfill status errors verify doctor checkpoint cron probe query console";
  await Promise.all(
    commands.split(" ").map(async (command) => {
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "--quiet", "-A", `--config=${REPOSITORY}deno.json`],
          ...[`${REPOSITORY}tasks/launch.ts`, command, "--help"],
        ],
        cwd: empty.path,
        env: { NO_COLOR: "1" },
      }).output();
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      assertEquals([code, text(stderr)], [0, ""], command);
      assertStringIncludes(text(stdout), `usage: deno task ${command}`);
      assertStringIncludes(text(stdout), "--verbose");
    }),
  );
  assertEquals([...Deno.readDirSync(empty.path)], []);
});

Deno.test("a misspelled flag is reported before a missing job, and a missing job before a flag that depends on the job", async () => {
  using empty = tempDir();
  const run = async (...words: string[]) => {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "-A", `--config=${REPOSITORY}deno.json`],
        ...[`${REPOSITORY}tasks/launch.ts`, ...words],
      ],
      cwd: empty.path,
      env: { NO_COLOR: "1" },
    }).output();
    return [code, ...new TextDecoder().decode(stderr).trim().split("\n")];
  };
  const misspelled = (flag: string, near: string) => [
    2,
    `error: Cannot read the command line: unknown option "${flag}"`,
    `hint: Did you mean ${near}?`,
  ];
  const noJob = [
    2,
    "error: Cannot find a job: there is neither hindcast.yaml nor a file in jobs/",
    "hint: Write one with deno task init, or name a file with --config FILE",
  ];
  const cases: readonly (readonly [line: string, expected: unknown[]])[] = [
    ["backfill --hlp", misspelled("--hlp", "--help")],
    ["cron --onc", misspelled("--onc", "--once")],
    ["backfill --region-codes gb", noJob],
    ["worker", noJob],
  ];
  const results = await Promise.all(cases.map(([line]) => run(...line.split(" "))));
  assertEquals(results, cases.map(([, expected]) => expected));
  await Deno.mkdir(empty.file("jobs"));
  for (const name of ["a b", "c"]) {
    await Deno.writeTextFile(empty.file("jobs", `${name}.yaml`), "job: [");
  }
  const several = [
    2,
    "error: Cannot choose a job: there are jobs/a b.yaml, jobs/c.yaml",
    "hint: Name one: --config 'jobs/a b.yaml'",
  ];
  assertEquals([await run("backfill"), await run("check")], [several, several]);
  const [code, first] = await run("check", "--config", "jobs/a b.yaml");
  assertEquals([code, /^jobs\/a b\.yaml:1:/.test(String(first))], [2, true], String(first));
  assertEquals([...Deno.readDirSync(empty.path)].map(({ name }) => name), ["jobs"]);
});

Deno.test("an empty secret stops a run before its first request, unless the job permits it", async () => {
  const asked: string[] = [];
  await using api = thingsApi(asked);
  await using site = await openSite(thingsJob(api.url), { env: { TINY_TOKEN: "" } });
  const { code, stderr } = await site.run("backfill", DAY);
  assertEquals([code, asked], [2, []]);
  assertStringIncludes(stderr, 'error: Cannot read a secret: the variable "TINY_TOKEN" is empty');
  assertStringIncludes(stderr, 'or write "${TINY_TOKEN:-}" in the job if it may be empty');
  const job = thingsJob(api.url).replace("{TINY_TOKEN}", "{TINY_TOKEN:-}");
  await Deno.writeTextFile(site.file("job.yaml"), job);
  assertEquals((await site.run("backfill", DAY)).code, 0);
});

Deno.test("an https URL for an http server stops a run at once, with the URL to write", async () => {
  await using api = thingsApi();
  const url = api.url.replace("http:", "https:");
  await using site = await openSite(thingsJob(url), { env: TOKEN });
  const { code, stderr } = await site.run("backfill", DAY);
  assertEquals(code, 1);
  assertStringIncludes(stderr, `${new URL(api.url).host} does not support HTTPS`);
  assertStringIncludes(stderr, 'hint: Write http:// instead of https:// in "url" of the source');
});

Deno.test("a port in use is named, with the command that takes another", async () => {
  await using api = thingsApi();
  const port = Number(new URL(api.url).port);
  await using site = await openSite(thingsJob(api.url), { env: { ...TOKEN, PORT: String(port) } });
  const cron = await site.run("cron");
  assertEquals(cron.code, 2);
  assertStringIncludes(cron.stderr, `Cannot serve the status page: port ${port} is in use`);
  assertStringIncludes(cron.stderr, `hint: Use another port: PORT=${port + 1} deno task cron`);
  const console = await site.run("console", ["--port", String(port)]);
  assertEquals(console.code, 2);
  assertStringIncludes(console.stderr, `port ${port} is in use`);
  assertStringIncludes(console.stderr, `hint: Use another port: deno task console`);
  assertStringIncludes(console.stderr, ` --port ${port + 1}\n`);
});

Deno.test("invalid log folders and settings are named", async () => {
  await using api = thingsApi();
  await using site = await openSite(thingsJob(api.url), { env: TOKEN });
  await Deno.writeTextFile(site.logs, "mine");
  const { code, stdout } = await site.run("backfill", DAY);
  assertEquals(code, 0);
  assertStringIncludes(stdout, `Cannot write the logs: "${site.logs}" is a file`);
  assertStringIncludes(stdout, "Set BACKFILL_LOGS to a writable folder");
  const doctor = await site.run("doctor");
  assertStringIncludes(doctor.stdout, `problem  logs         "${site.logs}" is a file`);
  assertEquals(await Deno.readTextFile(site.logs), "mine");
  await Deno.mkdir(site.file(".env.local"));
  const folder = await site.run("status");
  assertEquals(folder.code, 2);
  assertStringIncludes(folder.stderr, ".env.local: it is a folder");
});

Deno.test("a DATABASE_URL without a scheme is shown without the part that may be a password", async () => {
  const hint = "Set DATABASE_URL to postgres://user:password@host/database or pglite:PATH";
  for (
    const [url, found] of [
      ["me:secret-word@localhost:5432/db", 'has no scheme, found "***@localhost:5432/db"'],
      ["localhost", 'has no scheme, found "localhost"'],
      ["localhost:5432/db", 'has no scheme, found "localhost:5432/db"'],
      ["mysql://me:secret-word@host/db", 'has the unsupported scheme "mysql:"'],
      ["jdbc:postgresql://me:secret-word@host/db", 'has the unsupported scheme "jdbc:"'],
      ["sqlite:file.db", 'has the unsupported scheme "sqlite:"'],
      ["me:secret@word@localhost/db", 'has no scheme, found "***@localhost/db"'],
      ["host=h user=me password=secret-word dbname=d", "has no scheme"],
      ["user=me password=secret@word", "has no scheme"],
      ["$DATABASE_URL", 'has no scheme, found "$DATABASE_URL"'],
      ['"postgres://me:secret-word@h/d"', "begins with a quotation mark or a space"],
      [" postgres://me:secret-word@h/d", "begins with a quotation mark or a space"],
      ["pglite:", 'does not have the form "pglite:PATH"'],
      ["pglite://data/db", 'does not have the form "pglite:PATH"'],
    ] as const
  ) {
    const error = await assertRejects(() => openTarget(url), Failure);
    assertEquals([error.message, error.hint], [
      `Cannot open the database: DATABASE_URL ${found}`,
      hint,
    ]);
  }
});

Deno.test("query reports an empty path of the embedded database, and does not wait for a server", async () => {
  await using site = await openSite(thingsJob("http://127.0.0.1:1"), { env: TOKEN });
  const run = (DATABASE_URL: string) => site.run("query", ["--tables"], { env: { DATABASE_URL } });
  const empty = await run("pglite:");
  assertEquals(empty.code, 2);
  assertStringIncludes(empty.stderr, 'DATABASE_URL does not have the form "pglite:PATH"');
  const away = await run("postgres://me:secret-word@127.0.0.1:1/db");
  assertEquals(away.code, 1);
  assertStringIncludes(away.stderr, "Cannot connect to postgres://me@127.0.0.1:1/db");
});
