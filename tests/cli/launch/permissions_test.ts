// The permissions of each command as a readable list, and a proof that a process started with them can do no more.
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  COMMAND_NAMES,
  FIXED,
  fixedFlags,
  flagsOf,
  PROGRAM_NAMES,
} from "../../../lib/cli/launch/needs.ts";
import { Failure } from "../../../lib/failure.ts";
import { sharedPostgres } from "../../support/postgres_server.ts";
import { openSite } from "../../faults/site.ts";
import { runTask } from "../../support/run_task.ts";
import { serve } from "../../support/http_server.ts";
import { REPOSITORY } from "../../support/repository.ts";
import { type TempDir, tempDir } from "../../support/temp.ts";
import { thingsApi, thingsJob } from "../things.ts";

const JOB = `job: tiny
include: parts/tables.yaml
source:
  url: \${TINY_URL:-https://api.example.com/v1}
  auth: { oauth2: { token_url: "https://login.example.com:8443/t", client_id: me, client_secret: "\${TINY_SECRET}" } }
streams: { things: { request: /things, rows: things } }
`;

/** A job with an included file in a folder whose checkpoint folder exists. */
function folder(): TempDir {
  const dir = tempDir();
  Deno.mkdirSync(dir.file("parts"));
  Deno.mkdirSync(dir.file("data"));
  Deno.writeTextFileSync(dir.file("job.yaml"), JOB);
  Deno.writeTextFileSync(
    dir.file("parts", "tables.yaml"),
    "tables: { things: { key: id, columns: { id: text }, about: '${TINY_ABOUT:-}' } }\n",
  );
  return dir;
}

/** The grants of a command by kind, the temporary folder written as `DIR`. */
async function grants(
  dir: TempDir,
  command: string,
  env: Record<string, string>,
): Promise<Record<string, string[]>> {
  const settings = {
    BACKFILL_KV: dir.file("data", "checkpoints.db"),
    BACKFILL_LOGS: dir.file("logs"),
    DENO_DIR: "/cache",
    ...env,
  };
  const flags = await flagsOf(command, ["--config", dir.file("job.yaml")], settings);
  return Object.fromEntries(
    flags.filter((flag) => flag.startsWith("--allow-")).map((flag) => {
      const [name, list] = flag.slice("--allow-".length).split(/=(.*)/s);
      return [name, list!.replaceAll(dir.path, "DIR").split(",")];
    }),
  );
}

const POSTGRES = { DATABASE_URL: "postgres://me:secret@db.example.com/racing" };
const JOB_FILES = ["DIR/job.yaml", "DIR/parts/tables.yaml"];
const API = ["api.example.com:443", "login.example.com:8443"];
const KV = "DIR/data/checkpoints.db";
const NAMES = [
  "DATABASE_URL",
  "BACKFILL_KV",
  "BACKFILL_LOGS",
  "BACKFILL_CONFIG",
  "BACKFILL_ARCHIVE",
  ...["NO_COLOR", "FORCE_COLOR", "TERM", "WT_SESSION", "STY", "XTERM_VERSION"],
  ...["LC_ALL", "LC_CTYPE", "LANG"],
  "HINDCAST_COMMAND",
];
const ENV = [...NAMES, "TINY_URL", "TINY_SECRET", "TINY_ABOUT"];
const PROXIED = [
  ...ENV,
  ...["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"],
  ...["ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"],
];

Deno.test("each command may reach its API, its database and its files, and nothing else", async () => {
  using dir = folder();
  const of = (command: string) => grants(dir, command, POSTGRES);
  const reader = {
    net: ["db.example.com:5432"],
    read: [...JOB_FILES, KV],
    write: [KV],
    env: ENV,
  };
  const runner = {
    net: [...API, "db.example.com:5432"],
    read: [...JOB_FILES, KV, "DIR/logs"],
    write: [KV, "DIR/logs"],
    env: PROXIED,
    sys: ["hostname"],
  };
  const cron = ["PORT", "BACKFILL_SCHEDULE", "BACKFILL_BUDGET"];
  const expected: Record<string, Record<string, string[]>> = {
    status: reader,
    verify: reader,
    query: { env: ENV, net: reader.net, read: JOB_FILES },
    errors: { ...reader, sys: ["hostname"] },
    backfill: runner,
    worker: { ...runner, read: [...JOB_FILES, "DIR/logs"], write: ["DIR/logs"] },
    doctor: runner,
    console: {
      ...reader,
      net: [...reader.net, "127.0.0.1:8001"],
      env: [...ENV, "HINDCAST_CONSOLE_PORT", "HINDCAST_CONSOLE_PASSWORD"],
    },
    archive: { env: ENV, net: reader.net, read: JOB_FILES, sys: ["hostname"] },
    checkpoint: {
      ...reader,
      read: [...JOB_FILES, "DIR/data"],
      write: ["DIR/data"],
      sys: ["hostname"],
    },
    cron: {
      ...runner,
      net: [...runner.net, "127.0.0.1:8000"],
      env: [
        ...PROXIED,
        ...cron,
        "DENO_DEPLOYMENT_ID",
        "DENO_TIMELINE",
        "HINDCAST_CONSOLE_PASSWORD",
      ],
    },
    probe: { net: API, read: JOB_FILES, env: PROXIED },
    // This machine and a folder of its own, whatever the settings say.
    demo: {
      net: ["127.0.0.1"],
      read: [
        ...JOB_FILES,
        "./data/demo/db",
        "/cache/npm/registry.npmjs.org/@electric-sql/pglite",
        `${REPOSITORY}lib/cli/launch/../../../node_modules/@electric-sql/pglite`,
        "./data/demo",
        "DIR/logs",
      ],
      write: ["./data/demo/db", "./data/demo", "DIR/logs"],
      env: ENV,
      sys: ["hostname"],
    },
  };
  assertEquals(Object.keys(expected).sort(), [...COMMAND_NAMES].sort());
  for (const [command, kinds] of Object.entries(expected)) {
    assertEquals(await of(command), kinds, command);
  }
});

Deno.test("only commands that fetch may write to the archive, and a job names one below the folder only", async () => {
  using dir = folder();
  const text = Deno.readTextFileSync(dir.file("job.yaml"));
  const writable = async (
    archive: string,
    env: Record<string, string> = {},
    command = "backfill",
  ) => {
    Deno.writeTextFileSync(dir.file("job.yaml"), `${text}\narchive: ${archive}\n`);
    const { read, write } = await grants(dir, command, { ...POSTGRES, ...env });
    return (write ?? []).filter((path) => !/checkpoints|logs/.test(path))
      .concat(read!.filter((path) => path === `${REPOSITORY}lib`).map(() => "code"));
  };
  assertEquals(await writable("./data/archive"), ["./data/archive", "code"]);
  assertEquals(await writable("{ path: data/archive }"), ["data/archive", "code"]);
  for (const path of ["/etc", "../up", "a/../../b", "~/x", "C:/x"]) {
    assertEquals(await writable(path), [], path);
  }
  assertEquals(await writable("/etc", { BACKFILL_ARCHIVE: "/mnt/a" }), ["/mnt/a", "code"]);
  assertEquals(await writable("./data/archive", {}, "status"), []);
  assertEquals(await writable("./data/archive", {}, "archive"), ["./data/archive", "code"]);
});

/** The permissions of the launcher and of tasks that it does not start, as in `deno.json`. */
const LAUNCHED = "--allow-read --allow-env --allow-run";
const TASKS: Readonly<Record<string, string>> = {
  check: "--allow-read --allow-env",
  new: "--allow-read --allow-write=. --allow-env=HINDCAST_COMMAND",
  init: "--allow-read --allow-write=. --allow-env=HINDCAST_COMMAND",
  package: "--allow-read --allow-write=data --allow-run",
  docs: "--allow-read=docs/keys.md,config " +
    "--allow-write=docs/keys.md,docs/estimates.md,config/job.schema.json",
  test: "--allow-read --allow-write --allow-run --allow-sys --allow-env " +
    "--allow-net=127.0.0.1,localhost",
  simulate: "--allow-read --allow-write=data",
  "fmt:check": "",
  lint: "",
  types: "",
  ok: "",
};

Deno.test("each task has the permissions listed here, and no other task has any", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${REPOSITORY}deno.json`));
  for (const [name, { command }] of Object.entries<{ command: string }>(tasks)) {
    const allowed = command.match(/--allow-\S+/g)?.join(" ") ?? "";
    const like = ["test:long", "bench"].includes(name) ? "test" : name;
    assertEquals(allowed, TASKS[like] ?? LAUNCHED, name);
    const [launched = name] = /launch\.ts (\w+)/.exec(command)?.slice(1) ?? [];
    if (TASKS[like] === undefined) assertEquals(PROGRAM_NAMES.includes(launched), true, name);
    assertEquals(/-A\b|--allow-all/.test(command), false, name);
  }
});

Deno.test("no command has an unrestricted permission, and none may start programs", async () => {
  using dir = folder();
  for (const command of COMMAND_NAMES) {
    const kinds = await grants(dir, command, POSTGRES);
    for (const [kind, list] of Object.entries(kinds)) {
      assertEquals(["net", "read", "write", "env", "sys"].includes(kind), true, command);
      assertEquals(list.every((item) => item !== ""), true, command);
    }
  }
});

Deno.test("permissions depend on the database that is used", async () => {
  using dir = folder();
  const of = async (DATABASE_URL: string) => {
    const { net = [], read = [], write = [] } = await grants(dir, "verify", { DATABASE_URL });
    return { net, read: read.slice(2), write };
  };
  assertEquals(await of("postgres://u@[::1]:5433/x?sslmode=verify-full&sslrootcert=/ca.pem"), {
    net: ["[::1]:5433"],
    read: ["/ca.pem", KV],
    write: [KV],
  });
  const socket = "/run/postgresql/.s.PGSQL.5432";
  assertEquals(await of("postgres:///x?host=/run/postgresql"), {
    net: [`unix:${socket}`],
    read: [socket, KV],
    write: [socket, KV],
  });
  const { net, write } = await of(`pglite:${dir.file("db")}`);
  assertEquals([net, write], [[], ["DIR/db", KV]]);
});

Deno.test("a path with a comma is granted from the current folder, otherwise through the folder above the comma", async () => {
  using dir = tempDir();
  const name = dir.file("a,b.yaml");
  Deno.writeTextFileSync(name, thingsJob("http://127.0.0.1:1"));
  const flags = await flagsOf("verify", [`--config=${name}`], POSTGRES);
  const read = flags.find((flag) => flag.startsWith("--allow-read="))!.split("=")[1]!.split(",");
  assertEquals([read.includes(dir.path), read.includes(dir.file("a"))], [true, false]);
  assertEquals(read.includes("b.yaml"), false);
  const home = { ...POSTGRES, HOME: dir.path };
  await assertRejects(
    () => flagsOf("verify", [`--config=${name}`], home),
    Failure,
    `Cannot grant access to "${name}": Deno does not accept a comma`,
  );
});

Deno.test("commands work where folders and files have commas in their names", async () => {
  await using api = thingsApi();
  using dir = tempDir();
  const folder = dir.file("Smith, John");
  Deno.mkdirSync(folder);
  Deno.writeTextFileSync(`${folder}/hindcast.yaml`, thingsJob(api.url));
  const run = async (cwd: string, env: Record<string, string>, args: string[]) => {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", `${REPOSITORY}tasks/launch.ts`, "backfill", ...args],
      cwd,
      env: { TINY_TOKEN: "t", NO_COLOR: "1", ...env },
    }).output();
    return { code, stderr: new TextDecoder().decode(stderr) };
  };
  const url = await (await sharedPostgres()).createDatabase();
  const days = ["--start-date", "2025-10-01", "--end-date", "2025-10-02"];
  const inside = await run(folder, { DATABASE_URL: url }, days);
  assertEquals([inside.code, inside.stderr], [0, ""]);
  assertEquals([...Deno.readDirSync(`${folder}/logs`)].length > 0, true);
  const settings = {
    DATABASE_URL: url,
    BACKFILL_KV: `${folder}/k,v.db`,
    BACKFILL_LOGS: `${folder}/lo,gs`,
  };
  const outside = await run(REPOSITORY, settings, [
    ...["--config", `${folder}/hindcast.yaml`],
    ...days,
  ]);
  assertEquals(outside.code, 0, outside.stderr);
  assertStringIncludes(outside.stderr, `the command may access all of "${dir.path}"`);
  assertEquals([...Deno.readDirSync(`${folder}/lo,gs`)].length > 0, true);
});

/** Tries what a hostile command would try; prints what succeeded. */
const PROBE = `
const [outside, beside, job, api, other] = Deno.args;
const tries = {
  "read the job": () => Deno.readTextFile(job),
  "read beside the job": () => Deno.readTextFile(beside),
  "read outside": () => Deno.readTextFile(outside),
  "write outside": () => Deno.writeTextFile(outside, "x"),
  "reach the API": () => fetch(api).then((answer) => answer.text()),
  "reach another port": () => fetch(other).then((answer) => answer.text()),
  "reach another host": () => Deno.connect({ hostname: "127.0.0.2", port: Number(new URL(api).port) }),
  "read a foreign variable": () => { if (Deno.env.get("FOREIGN") === undefined) throw new Deno.errors.NotCapable(); },
  "start a program": () => new Deno.Command(Deno.execPath(), { args: ["--version"] }).output(),
  "load a library": () => Deno.dlopen("libc.so.6", {}),
};
const could = [];
for (const [name, attempt] of Object.entries(tries)) {
  try { await attempt(); could.push(name); } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) could.push(name + ": " + error);
  }
}
console.log(JSON.stringify(could));
`;

Deno.test("a process with a command's permissions can read its job and reach its API, and nothing else", async () => {
  await using api = serve(() => new Response("api"));
  await using other = serve(() => new Response("other"));
  using dir = tempDir();
  const [job, beside, probe] = ["job.yaml", "beside.yaml", "probe.ts"].map((n) => dir.file(n));
  await Deno.writeTextFile(job!, thingsJob(api.url));
  await Deno.writeTextFile(beside!, "private");
  await Deno.writeTextFile(probe!, PROBE);
  const env = {
    ...POSTGRES,
    BACKFILL_KV: dir.file("checkpoints.db"),
    BACKFILL_LOGS: dir.file("logs"),
  };
  const flags = await flagsOf("backfill", ["--config", job!], env);
  using elsewhere = tempDir();
  const outside = elsewhere.file("private.txt");
  await Deno.writeTextFile(outside, "private");
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, "--no-config", probe!, outside, beside!, job!, api.url, other.url],
    env: { FOREIGN: "secret" },
  }).output();
  const text = new TextDecoder().decode(stdout);
  assertEquals(text, `["read the job","reach the API"]\n`, new TextDecoder().decode(stderr));
  assertEquals(await Deno.readTextFile(outside), "private");
});

Deno.test("a command does not follow an API's redirect to another host", async () => {
  let reached = 0;
  await using other = serve(() => (reached++, Response.json([])));
  await using api = serve(() => Response.redirect(`${other.url}/kinds`));
  await using site = await openSite(thingsJob(api.url), { env: { TINY_TOKEN: "secret-token" } });
  const days = ["--start-date", "2025-10-01", "--end-date", "2025-10-01"];
  const { code, stdout, stderr } = await site.run("backfill", days);
  assertEquals([code === 0, reached], [false, 0]);
  assertStringIncludes(stdout + stderr, "is not allowed to reach");
});

Deno.test("a KV server gets its host, its port and the token that Deno reads for it", async () => {
  using dir = folder();
  const of = (BACKFILL_KV: string) => grants(dir, "status", { ...POSTGRES, BACKFILL_KV });
  const cases = [
    ["http://127.0.0.1:4512", "127.0.0.1:4512"],
    ["https://kv.example.com/db", "kv.example.com:443"],
  ];
  for (const [url, host] of cases) {
    const { net, env, write = [] } = await of(url!);
    assertEquals(net!.includes(host!), true, url);
    assertEquals(env!.includes("DENO_KV_ACCESS_TOKEN"), true, url);
    assertEquals(write.some((path) => path.includes("kv")), false, url);
  }
  const { env } = await of(dir.file("data", "checkpoints.db"));
  assertEquals(env!.includes("DENO_KV_ACCESS_TOKEN"), false);
});

Deno.test("a command sends the token to the KV server, and names it where the server refuses it", async () => {
  const seen: (string | null)[] = [];
  await using kv = serve((request) => {
    seen.push(request.headers.get("authorization"));
    return new Response("no", { status: 401 });
  });
  await using site = await openSite(thingsJob("http://127.0.0.1:1"), {
    env: { TINY_TOKEN: "t", BACKFILL_KV: kv.url, DENO_KV_ACCESS_TOKEN: "kv-token-12345" },
  });
  const { code, stdout, stderr } = await site.run("status");
  assertEquals([code, seen[0]], [1, "Bearer kv-token-12345"], stderr);
  assertStringIncludes(stderr, "hint: Set DENO_KV_ACCESS_TOKEN to the access token");
  assertEquals((stdout + stderr).includes("kv-token-12345"), false);
});

Deno.test("commands send a collector of OpenTelemetry their own spans and none of Deno, so that no secret is in one", async () => {
  const received: string[] = [];
  await using collector = serve(async (request) => {
    received.push(`${request.url} ${await request.text()}`);
    return Response.json({});
  });
  await using api = thingsApi();
  const job = thingsJob(api.url).replace("bearer: ", "query: { key: ").replace("} }", "} } }");
  await using site = await openSite(job, {
    env: {
      TINY_TOKEN: "span-secret-1",
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    },
  });
  const days = ["--start-date", "2025-10-01", "--end-date", "2025-10-02"];
  const { code, stderr } = await site.run("backfill", days);
  assertEquals(code, 0, stderr);
  const spans = received.filter((text) => text.includes("/v1/traces"));
  assertEquals([spans.length > 0, spans.join().includes(`"name":"deno"`)], [true, false]);
  assertEquals(received.some((text) => text.includes("span-secret")), false);
});

Deno.test("the embedded database works without HOME, as under cron and systemd", async () => {
  using dir = tempDir();
  const { HOME: _, DENO_DIR: __, XDG_CACHE_HOME: ___, ...env } = Deno.env.toObject();
  Deno.writeTextFileSync(dir.file("job.yaml"), thingsJob("http://127.0.0.1:1"));
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "status", "--config", dir.file("job.yaml")],
    cwd: REPOSITORY,
    clearEnv: true,
    env: {
      ...env,
      DATABASE_URL: `pglite:${dir.file("db")}`,
      BACKFILL_KV: dir.file("checkpoints.db"),
      TINY_TOKEN: "t",
    },
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
});

Deno.test("a variable that the job was not offered is not granted, and a warning names it", async () => {
  using dir = tempDir();
  const job = `job: tiny
source: { url: "https://api.example.com", headers: { A: "\${SHELL_SECRET:-}", B: "\${TINY_B:-}" } }
tables: { t: { key: id, columns: { id: text } } }
streams: { s: { request: /t, rows: t } }
`;
  Deno.writeTextFileSync(dir.file("job.yaml"), job);
  const env = { ...POSTGRES, SHELL_SECRET: "x", TINY_B: "y" };
  const args = ["--config", dir.file("job.yaml")];
  const flags = await flagsOf("backfill", args, env);
  const granted = flags.find((flag) => flag.startsWith("--allow-env="))!.split("=")[1]!.split(",");
  assertEquals([granted.includes("SHELL_SECRET"), granted.includes("TINY_B")], [false, true]);
  const { stderr } = await runTask("probe", args, { env: { ...env, BACKFILL_LOGS: dir.path } });
  assertStringIncludes(stderr, 'warning: the job does not receive the variable "SHELL_SECRET"');
});

Deno.test("only init may ask for a permission: to send the request that its user allows", () => {
  const asking = Object.keys(FIXED).filter((name) => !fixedFlags(name, []).includes("--no-prompt"));
  assertEquals(asking, ["init"]);
});
