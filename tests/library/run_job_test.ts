// The library as another program uses it: from a folder with its own deno.json, in a process without
// the environment of this one.
import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { runJob } from "../../lib/run_job.ts";
import { sharedPostgres } from "../support/postgres_server.ts";
import { tempDir } from "../support/temp.ts";
import { programFolder, runProgram } from "./program.ts";

const JOB = `job: shop
start: 2024-01-01
source: { url: "\${SHOP_URL}", limits: 200/s, auth: { bearer: "\${SHOP_TOKEN}" } }
tables:
  orders: { key: id, columns: { id: integer, day: date, price: numeric } }
streams:
  orders:
    request: { path: /orders, query: { day: "{from}" } }
    window: day
    total: total
    records: data
    rows: orders
`;

const PROGRAM = `import { Failure, openTarget, planJob, runJob } from "@hindcast/hindcast";
const [url, job] = Deno.args;
const options = {
  database: "pglite:db",
  checkpoint: "checkpoints.db",
  variables: { SHOP_URL: url, SHOP_TOKEN: "t0ken-of-a-shop" },
  end: "2024-01-04",
};
const plan = await planJob(job, options);
const kinds = new Set<string>();
const summary = await runJob(job, { ...options, onEvent: (event) => kinds.add(event.kind) });
const again = await planJob(job, options);
let refused = "";
await runJob(job, { ...options, start: "2024-02-01" }).catch((error) => {
  if (error instanceof Failure) refused = error.kind;
});
await using target = await openTarget("pglite:db");
const { rows } = await target.query("SELECT id, day::text, price::text FROM orders ORDER BY id");
console.log(JSON.stringify({
  left: [plan.streams.orders.left, again.streams.orders.left],
  outcome: summary.outcome,
  done: summary.windows.done,
  kinds: [...kinds].sort(),
  refused,
  rows,
}));
`;

/** An API of one order a day that requires the token. */
function serveOrders(): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    if (request.headers.get("authorization") !== "Bearer t0ken-of-a-shop") {
      return new Response("{}", { status: 401 });
    }
    const day = new URL(request.url).searchParams.get("day")!;
    const id = Number(day.slice(-2));
    return Response.json({ total: 1, data: [{ id, day, price: id + 0.5 }] });
  });
}

Deno.test("runJob() and planJob() need only their arguments in another program", async () => {
  await using server = serveOrders();
  using folder = await programFolder({ "shop.yaml": JOB, "main.ts": PROGRAM });
  const { port } = server.addr;
  const { code, stdout, stderr } = await runProgram(folder, [
    ...["--ignore-env", "--allow-read", "--allow-write=.", `--allow-net=127.0.0.1:${port}`],
  ], [`http://127.0.0.1:${port}`, "shop.yaml"]);
  assertEquals([code, stderr], [0, ""]);
  assertEquals(JSON.parse(stdout), {
    left: [4, 0],
    outcome: "done",
    done: 4,
    kinds: [
      "batch_written",
      "page_read",
      "request",
      "run_finished",
      "run_started",
      "stream_finished",
      "stream_planned",
      "window_done",
    ],
    refused: "configuration",
    rows: [
      [1, "2024-01-01", "1.5"],
      [2, "2024-01-02", "2.5"],
      [3, "2024-01-03", "3.5"],
      [4, "2024-01-04", "4.5"],
    ],
  });
});

const FEED = `job: feed
source: "\${FEED_URL}"
tables: { changes: { key: id, columns: { id: integer } } }
streams:
  changes:
    request: { path: /changes, query: { since: "{since}" } }
    since: { start: 0, cursor: last }
    records: results
    rows: changes
  kinds: { values: [{ id: 9 }], rows: changes }
`;

Deno.test("runJob() restarts feeds with fromStart, and refuses it where no stream is a feed", async () => {
  const sent: (string | null)[] = [];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const since = new URL(request.url).searchParams.get("since");
    sent.push(since);
    return Response.json({ results: since === "0" ? [{ id: 1 }] : [], last: 7 });
  });
  using folder = tempDir();
  await Deno.writeTextFile(folder.file("feed.yaml"), FEED);
  const options = {
    database: await (await sharedPostgres()).createDatabase(),
    checkpoint: folder.file("checkpoints.db"),
    variables: { FEED_URL: `http://127.0.0.1:${server.addr.port}` },
    streams: ["changes"],
  };
  const run = async (more: { fromStart?: boolean; streams?: string[] }) => {
    sent.length = 0;
    const { ok } = await runJob(folder.file("feed.yaml"), { ...options, ...more });
    return [ok, ...sent];
  };
  assertEquals(await run({}), [true, "0", "7"]);
  assertEquals(await run({}), [true, "7"]);
  assertEquals(await run({ fromStart: true }), [true, "0", "7"]);
  const refused = await assertRejects(() => run({ fromStart: true, streams: ["kinds"] }), Failure);
  assertEquals([refused.kind, refused.message, refused.hint], [
    "configuration",
    "Cannot restart feeds: no selected stream is a feed",
    'Omit "fromStart"; without resuming, all dates are fetched again',
  ]);
});
