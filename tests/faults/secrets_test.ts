// No secret is visible to people, in files or to other processes: everything that a faulty run and the
// commands around it write is searched for the passwords in every form in which they travel.
import { assert, assertEquals } from "@std/assert";
import { encodeBase64 } from "../../lib/report/text/base64.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import { runTask, type TaskResult } from "../support/run_task.ts";
import { type Asked, meterJob, startMeters } from "./meter_api.ts";
import { processes } from "./processes.ts";
import { openSite, PASSWORD, type Site } from "./site.ts";
import { openSql } from "./sql.ts";

const KEY = "k3y+/= with~odd&signs";
const DATABASE_PASSWORD = "d4t/b@se:secret#1";

/** The secrets, each in all its forms. */
const FORBIDDEN = [PASSWORD, KEY, DATABASE_PASSWORD].flatMap((secret) => [
  secret,
  encodeURIComponent(secret),
  encodeURIComponent(secret).replaceAll("%20", "+"),
  new URLSearchParams({ a: secret }).toString().slice(2),
  JSON.stringify(secret).slice(1, -1),
  encodeBase64(secret).replace(/=+$/, ""),
  encodeBase64(`meter:${secret}`).replace(/=+$/, ""),
]);

const ARGS = ["--start-date", "2024-01-01", "--end-date", "2024-01-20"];

/** An API that echoes what it was sent, in every form that could be recorded somewhere. */
function tattle(asked: Asked): unknown {
  const { authorization, number, from, page } = asked;
  const clear = atob(authorization!.slice("Basic ".length));
  const said = `you sent ${authorization}, that is ${clear}, and ${KEY} to ?key=${
    encodeURIComponent(KEY)
  }`;
  switch (from.slice(-2)) {
    case "03":
      return new Response(said, { status: 500 });
    case "05":
      return Response.json({ detail: said }, { status: 422 });
    case "07":
      return new Response(`<html><title>${said}</title></html>`);
    case "08":
      return Response.json({ ...page(), total: said });
    case "09":
      return new Response(null, { status: 302, headers: { location: `/login?key=${KEY}` } });
    case "11": {
      const { total, readings } = page();
      return { total, readings: readings.map((one) => ({ ...one, count: said, note: said })) };
    }
    case "13":
      return Response.json({ wrong: said });
    default:
      return number % 5 === 0 ? new Response(said, { status: 503 }) : undefined;
  }
}

function assertClean(text: string, where: string): void {
  for (const secret of FORBIDDEN) {
    const at = text.indexOf(secret);
    assert(
      at < 0,
      `${where} holds ${secret}: ...${text.slice(Math.max(0, at - 100), at + 100)}...`,
    );
  }
}

function assertCleanResult({ stdout, stderr }: TaskResult, command: string): void {
  assertClean(stdout, `stdout of ${command}`);
  assertClean(stderr, `stderr of ${command}`);
}

async function secretSite(url: string): Promise<Site> {
  const job = meterJob(url).replace("auth: {", 'auth: { query: { key: "${METER_KEY}" }, ');
  const plain = await openSite(job);
  // The server trusts everybody, so any password works.
  const databaseUrl = Object.assign(new URL(plain.databaseUrl), {
    password: encodeURIComponent(DATABASE_PASSWORD),
  }).href;
  await plain[Symbol.asyncDispose]();
  return await openSite(job, { database: { url: databaseUrl }, env: { METER_KEY: KEY } });
}

Deno.test("no command of a faulty run writes a secret anywhere", async () => {
  let commands = "";
  await using api = startMeters(async (asked) => {
    if (asked.number === 10) commands = (await processes()).map((one) => one.command).join("\n");
    return tattle(asked);
  });
  await using site = await secretSite(api.url);

  assertCleanResult(await site.run("backfill", [...ARGS, "--dry-run"]), "--dry-run");
  const run = await site.run("backfill", ARGS);
  assertEquals(run.code, 1, run.stderr);
  assertCleanResult(run, "backfill");
  assert(commands.includes("tasks/backfill.ts"), "the run was in the list of processes");
  assertClean(commands, "the list of processes");
  const others: [string, string[]][] = [
    ["backfill", [...ARGS, "--resume", "--json", "--verbose"]],
    ["backfill", [...ARGS, "--check-status", "--json"]],
    ["status", ["--json"]],
    ["errors", ["--json"]],
    ["errors", []],
    ["doctor", []],
    ["verify", []],
    ["checkpoint", ["--rebuild", "--json"]],
    ...["02", "03", "05", "08", "11"].map((day): [string, string[]] => [
      "probe",
      ["--stream", "readings", "--date", `2024-01-${day}`, "--json"],
    ]),
    ["probe", ["--date", "2024-01-11"]],
  ];
  const results = await Promise.all(others.map(([name, args]) => site.run(name, args)));
  for (const [at, [name, args]] of others.entries()) {
    assertCleanResult(results[at]!, `${name} ${args.join(" ")}`);
  }
  const env = { METER_PASSWORD: PASSWORD, METER_KEY: KEY };
  const explained = await runTask("check", ["--explain", site.file("job.yaml")], { env });
  assertEquals(explained.code, 0, explained.stderr);
  assertCleanResult(explained, "check --explain");

  for (const { name } of Deno.readDirSync(site.logs)) {
    assertClean(Deno.readTextFileSync(`${site.logs}/${name}`), name);
  }
  for (const suffix of ["", "-wal"]) {
    const bytes = await Deno.readFile(site.kvPath + suffix).catch(() => new Uint8Array());
    assertClean(new TextDecoder("latin1").decode(bytes), `the checkpoint's file${suffix}`);
    assertClean(new TextDecoder().decode(bytes), `the checkpoint's file${suffix}`);
    assertClean(new TextDecoder("utf-16le").decode(bytes), `the checkpoint's file${suffix}`);
  }
  await using target = await openTarget(site.databaseUrl);
  for (const table of ["hindcast_target", "hindcast_windows", "hindcast_locks"]) {
    const { rows } = await target.query(`SELECT * FROM ${table}`);
    assertClean(JSON.stringify(rows), table);
  }
});

Deno.test("no command writes the database's password when the database refuses it", async () => {
  await using api = startMeters();
  await using site = await secretSite(api.url);
  const url = new URL(site.databaseUrl);
  await using sql = openSql(site.databaseUrl);
  const broken = [
    Object.assign(new URL(url), { pathname: "/no_such_database" }).href,
    Object.assign(new URL(url), { username: "nobody" }).href,
    url.href.replace(encodeURIComponent(DATABASE_PASSWORD), DATABASE_PASSWORD),
    url.href.replace("postgres:", "postgresql2:"),
    `${url.href}?sslmode=perhaps`,
  ];
  await sql.run("SELECT 1");
  const results = await Promise.all(
    broken.map((DATABASE_URL) =>
      site.run("backfill", [...ARGS, "--verbose"], { env: { DATABASE_URL } })
    ),
  );
  for (const result of results) {
    assert(result.code === 1 || result.code === 2, result.stdout);
    assertCleanResult(result, "backfill");
  }
});
