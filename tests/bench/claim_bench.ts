// Prints what sharing a run costs and gains: 640 windows of an API that takes 100 ms and has no limit, fetched by 1,
// 2, 4 and 8 workers with 4 windows in flight each; and the statements and milliseconds of coordination a window.
//
//     deno run -A tests/bench/claim_bench.ts [--link MS]
//
// With --link the database is that many milliseconds away.
import { OPTIONS, runShared } from "../coordinate/shared_run.ts";
import { serve } from "../support/http_server.ts";
import { sharedPostgres } from "../support/postgres_server.ts";
import { startSlowLink } from "./slow_link.ts";

const WINDOWS = 640;
const RESPONSE_MS = 100;
const WORKERS = [1, 2, 4, 8];

/** Runs the benchmark and prints a line for each number of workers. */
export async function claimBench(linkMs = 0): Promise<void> {
  await using server = serve(async (request) => {
    await new Promise((resolve) => setTimeout(resolve, RESPONSE_MS));
    return Response.json([{ id: new URL(request.url).searchParams.get("day") }]);
  });
  const job = `job: claims
source: { url: "${server.url}", concurrency: 4 }
tables: { days: { key: id, columns: { id: text } } }
streams: { days: { request: { path: /days, query: { day: "{from}" } }, window: day, rows: days } }
`;
  const start = "2020-01-01";
  const end = new Date(Date.parse(start) + (WINDOWS - 1) * 86_400_000).toISOString().slice(0, 10);
  let alone = 0;
  for (const count of WORKERS) {
    let [messages, statements, ms] = [0, 0, 0];
    const url = new URL(await (await sharedPostgres()).createDatabase());
    using link = linkMs === 0 ? undefined : await startSlowLink(Number(url.port), linkMs);
    if (link !== undefined) url.port = String(link.port);
    const { summaries } = await runShared(job, count, {
      options: { ...OPTIONS, start, end },
      url: url.href,
      onCoordinate: (more, took) => {
        messages++;
        statements += more;
        ms += took;
      },
    });
    const { seconds, windows } = summaries[0]!;
    alone ||= seconds;
    const gain = alone / seconds;
    console.log(
      `${count} workers  ${seconds.toFixed(1)} s  ${gain.toFixed(2)} times as fast, ` +
        `${(gain / count).toFixed(2)} of the number  ${windows.done} windows  ` +
        `${(messages / WINDOWS).toFixed(2)} messages, ${
          (statements / WINDOWS).toFixed(2)
        } statements ` +
        `and ${(ms / WINDOWS).toFixed(2)} ms of coordination a window`,
    );
  }
}

if (import.meta.main) {
  const at = Deno.args.indexOf("--link");
  await claimBench(at < 0 ? 0 : Number(Deno.args[at + 1]));
  Deno.exit(0);
}
