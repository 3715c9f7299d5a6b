// Prints memory and time of `backfill` for one large CSV file, into PostgreSQL, beside psql's `\copy` of the same
// file into a table with the same columns and key. The file is generated while it is served, so that its size costs
// no disk.
//
//     deno run -A tests/bench/long_file_bench.ts [--mb 100,1000]
import { parseArgs } from "@std/cli/parse-args";
import postgres from "postgres";
import { flagsOf, MEMORY_SETTINGS } from "../../lib/cli/launch/needs.ts";
import { startPostgres } from "../support/postgres_server.ts";
import { serve } from "../support/http_server.ts";
import { REPOSITORY } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";

const HEADER = "id,station,taken_at,temperature,humidity,note\n";
const LINES_PER_BLOCK = 10_000;
/** Bytes of a line, roughly. */
const LINE_BYTES = 76;

const JOB = `job: readings
source: "\${READINGS_URL}"
tables:
  readings:
    key: id
    columns: { id: bigint, station: text, taken_at: timestamptz, temperature: numeric, humidity: integer, note: text }
streams:
  readings:
    request: /file
    format: csv
    rows: readings
`;

function block(at: number): string {
  let text = at === 0 ? HEADER : "";
  for (let id = at * LINES_PER_BLOCK; id < (at + 1) * LINES_PER_BLOCK; id++) {
    text += `${id},station ${id % 500},2024-01-01T00:00:${String(id % 60).padStart(2, "0")}Z,` +
      `${(id % 400) / 10},${id % 100},a note about ${id % 1000}\n`;
  }
  return text;
}

function file(mb: number): ReadableStream<Uint8Array> {
  const blocks = Math.ceil(mb * 1e6 / (LINES_PER_BLOCK * LINE_BYTES));
  const encoder = new TextEncoder();
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at === blocks) return controller.close();
      controller.enqueue(encoder.encode(block(at++)));
    },
  }, { highWaterMark: 2 });
}

/** Peak memory in MB and seconds of `backfill`. */
async function backfill(url: string, databaseUrl: string): Promise<[mb: number, seconds: number]> {
  using folder = tempDir();
  await Deno.writeTextFile(folder.file("job.yaml"), JOB);
  const env = {
    ...{ READINGS_URL: url, DATABASE_URL: databaseUrl },
    BACKFILL_KV: folder.file("kv.db"),
    BACKFILL_LOGS: folder.file("logs"),
  };
  const args = [`--config=${folder.file("job.yaml")}`];
  const flags = await flagsOf("backfill", args, { ...Deno.env.toObject(), ...env });
  const startedAt = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, `${REPOSITORY}tasks/backfill.ts`, ...args],
    env: { ...MEMORY_SETTINGS, ...env },
    ...{ cwd: REPOSITORY, stdout: "null", stderr: "inherit" },
  }).spawn();
  let most = 0;
  const timer = setInterval(() => {
    const status = attempt(() => Deno.readTextFileSync(`/proc/${child.pid}/status`)) ?? "";
    most = Math.max(most, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
  }, 50);
  await child.status;
  clearInterval(timer);
  return [most / 1024, (performance.now() - startedAt) / 1000];
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Seconds of psql's \copy of the file, from a pipe. */
async function copy(url: string, databaseUrl: string): Promise<number> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  await sql.unsafe(
    "CREATE TABLE copied (id bigint PRIMARY KEY, station text, taken_at timestamptz, temperature numeric, humidity integer, note text)",
  );
  await sql.end();
  const startedAt = performance.now();
  const child = new Deno.Command("psql", {
    args: ["-q", "-d", databaseUrl, "-c", "\\copy copied FROM pstdin CSV HEADER"],
    stdin: "piped",
  }).spawn();
  const response = await fetch(`${url}/file`);
  await response.body!.pipeTo(child.stdin);
  await child.status;
  return (performance.now() - startedAt) / 1000;
}

if (import.meta.main) {
  const { mb } = parseArgs(Deno.args, { string: ["mb"], default: { mb: "100" } });
  await using server = await startPostgres();
  for (const size of String(mb).split(",").map(Number)) {
    await using files = serve(() => new Response(file(size)));
    const databaseUrl = await server.createDatabase();
    const [most, seconds] = await backfill(files.url, databaseUrl);
    const copied = await copy(files.url, databaseUrl);
    const sql = postgres(databaseUrl, { max: 1 });
    const [row] =
      await sql`SELECT (SELECT count(*) FROM readings) = (SELECT count(*) FROM copied) AS same,
      (SELECT count(*)::int FROM readings) AS rows`;
    await sql.end();
    console.log(
      `${size} MB, ${row!.rows} rows${row!.same ? "" : " (NOT ALL)"}: ${
        most.toFixed(0)
      } MB at most, ` +
        `${seconds.toFixed(1)} s, \\copy ${copied.toFixed(1)} s, ${
          (copied / seconds).toFixed(2)
        } of its speed`,
    );
  }
}
