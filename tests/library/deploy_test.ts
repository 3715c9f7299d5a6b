// The app of another repository on Deno Deploy, as far as it can be played here: a process without disk and
// subprocesses, with the platform's variables, its own KV database and its crons, which the program calls.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { openTarget } from "../../lib/upsert/open_target.ts";
import { serve } from "../support/http_server.ts";
import { sharedPostgres } from "../support/postgres_server.ts";
import { programFolder, runProgram } from "./program.ts";

const JOB = `job: shop
start: 2024-01-01
source: { url: "\${SHOP_URL}", auth: { bearer: "\${SHOP_TOKEN}" } }
params: { shops: { list: true, default: [a] } }
tables:
  orders: { key: id, columns: { id: text } }
streams:
  orders:
    request: { path: /orders, query: { day: "{from}", shops: "{params.shops}" } }
    window: day
    rows: orders
`;

/** The platform's part: it takes the crons that are registered at once, and runs one of them. */
const PROGRAM = `import { serve } from "@hindcast/hindcast/deploy";
const crons = {};
const cron = (name, schedule, _options, handler) => {
  crons[name] = { schedule, handler };
  return Promise.resolve();
};
Object.defineProperty(Deno, "cron", { value: cron });
serve("shop.yaml", { params: { shops: ["a", "b"] } });
const schedules = Object.values(crons).map(({ schedule }) => schedule);
await crons["hindcast update"].handler();
const address = Deno.env.get("DENO_SERVE_ADDRESS").replace("tcp:", "http://");
const response = await fetch(address + "/status.json", { headers: { host: "shop.deno.net" } });
const { job, last, streams } = await response.json();
console.log("RESULT " + JSON.stringify({ schedules, job, outcome: last?.outcome, streams: Object.keys(streams) }));
Deno.kill(Deno.pid, "SIGINT");
`;

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test("serve() updates a job on Deno Deploy, in production only, without disk or subprocess", async () => {
  await using api = serve((request) => {
    const { searchParams } = new URL(request.url);
    return Response.json([{ id: `${searchParams.get("day")} ${searchParams.getAll("shops")}` }]);
  });
  const DATABASE_URL = await (await sharedPostgres()).createDatabase();
  using folder = await programFolder({ "shop.yaml": JOB, "main.ts": PROGRAM });
  // The KV database that Deno Deploy offers; the packages come from the cache of this machine.
  const cache = Deno.env.get("DENO_DIR") || `${Deno.env.get("HOME")}/.cache/deno`;
  await Deno.mkdir(folder.file("deno"));
  await Deno.symlink(`${cache}/npm`, folder.file("deno/npm"));
  const update = async (timeline: string) => {
    const port = freePort();
    const net = [new URL(api.url).host, new URL(DATABASE_URL).host, `127.0.0.1:${port}`];
    const flags = ["--allow-read=.", "--allow-env", `--allow-net=${net}`];
    const { code, stdout, stderr } = await runProgram(folder, flags, [], {
      ...{ DENO_DEPLOYMENT_ID: "d1", DENO_TIMELINE: timeline, DENO_DIR: folder.file("deno") },
      ...{ DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}`, BACKFILL_SCHEDULE: "0 6 * * *" },
      ...{ DATABASE_URL, SHOP_URL: api.url, SHOP_TOKEN: "t0ken-of-a-shop" },
    });
    assertEquals([code, stderr], [130, ""], stdout);
    return { stdout, result: JSON.parse(/^RESULT (.*)$/m.exec(stdout)![1]!) };
  };

  const preview = await update("preview/branch");
  const schedules = ["0 6 * * *", "* * * * *"];
  assertEquals(preview.result, { schedules, job: "shop", streams: ["orders"] });
  const production = await update("production");
  assertStringIncludes(production.stdout, "update done: 2 windows, 2 rows written");
  const outcome = "done";
  assertEquals(production.result, { schedules, job: "shop", outcome, streams: ["orders"] });
  await using target = await openTarget(DATABASE_URL);
  const { rows } = await target.query("SELECT split_part(id, ' ', 2) FROM orders");
  assertEquals(rows, [["a,b"], ["a,b"]]);
});
