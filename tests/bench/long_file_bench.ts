// Prints memory and time of `backfill` for one large CSV file, into PostgreSQL, beside psql: `\copy` of the same file
// into a table with the same columns and key, and `\copy` into a temporary table that is merged into such a table,
// which is what an upsert does. The file is generated while it is served, so that its size costs no disk.
//
//     deno run -A tests/bench/long_file_bench.ts [--mb 100,1000] [--archive] [--no-peer]
//
// `--archive` also keeps the response, and then replays it from there into another database; `--no-peer` leaves psql
// out, and with it two further copies of the table.
import { parseArgs } from "@std/cli/parse-args";
import postgres from "postgres";
import { flagsOf, MEMORY_SETTINGS } from "../../lib/cli/launch/needs.ts";
import { startPostgres } from "../support/postgres_server.ts";
import { serve } from "../support/http_server.ts";
import { REPOSITORY } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";

const HEADER = "id,station,taken_at,temperature,humidity,note\n";
const COLUMNS =
  "id bigint PRIMARY KEY, station text, taken_at timestamptz, temperature numeric, humidity integer, note text";
const NAMES = ["station", "taken_at", "temperature", "humidity", "note"];
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

/** The file; `onEnd` is called when its last byte was taken. */
function file(mb: number, onEnd: () => void = () => {}): ReadableStream<Uint8Array> {
  const blocks = Math.ceil(mb * 1e6 / (LINES_PER_BLOCK * LINE_BYTES));
  const encoder = new TextEncoder();
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at === blocks) {
        onEnd();
        return controller.close();
      }
      controller.enqueue(encoder.encode(block(at++)));
    },
  }, { highWaterMark: 2 });
}

/** What a run took. */
interface Measured {
  /** Peak memory. */
  readonly mb: number;
  readonly seconds: number;
  /** Processor time of the process. */
  readonly cpuSeconds: number;
  /** Until rows could be read. */
  readonly firstRows: number;
}

interface Run {
  readonly url: string;
  readonly databaseUrl: string;
  readonly archive: string | undefined;
  readonly args?: readonly string[];
}

/** Runs `backfill`. */
async function backfill({ url, databaseUrl, archive, args: more = [] }: Run): Promise<Measured> {
  using folder = tempDir();
  await Deno.writeTextFile(folder.file("job.yaml"), JOB);
  const env = {
    ...{ READINGS_URL: url, DATABASE_URL: databaseUrl },
    BACKFILL_KV: folder.file("kv.db"),
    BACKFILL_LOGS: folder.file("logs"),
    ...archive === undefined ? {} : { BACKFILL_ARCHIVE: archive },
  };
  const args = [`--config=${folder.file("job.yaml")}`, ...more];
  const flags = await flagsOf("backfill", args, { ...Deno.env.toObject(), ...env });
  const startedAt = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, `${REPOSITORY}tasks/backfill.ts`, ...args],
    env: { ...MEMORY_SETTINGS, ...env },
    ...{ cwd: REPOSITORY, stdout: "null", stderr: "inherit" },
  }).spawn();
  const seconds = () => (performance.now() - startedAt) / 1000;
  let [most, cpuSeconds] = [0, 0];
  const timer = setInterval(() => {
    const read = (name: string) =>
      attempt(() => Deno.readTextFileSync(`/proc/${child.pid}/${name}`));
    most = Math.max(most, Number(/VmHWM:\s+(\d+)/.exec(read("status") ?? "")?.[1] ?? 0));
    const fields = read("stat")?.split(") ")[1]?.split(" ");
    if (fields !== undefined) cpuSeconds = (Number(fields[11]) + Number(fields[12])) / 100;
  }, 50);
  const ended = new AbortController();
  const firstRows = untilRows(databaseUrl, ended.signal).then(seconds);
  await child.status;
  const taken = seconds();
  ended.abort();
  clearInterval(timer);
  return { mb: most / 1024, seconds: taken, cpuSeconds, firstRows: await firstRows };
}

/** Resolves when the table has rows, or when the run has ended. */
async function untilRows(databaseUrl: string, ended: AbortSignal): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  while (!ended.aborted) {
    const [row] = await sql`SELECT 1 FROM readings LIMIT 1`.catch(() => []);
    if (row !== undefined) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await sql.end();
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Seconds of psql commands that read the file from a pipe. */
async function psql(url: string, databaseUrl: string, commands: string[]): Promise<number> {
  const startedAt = performance.now();
  const child = new Deno.Command("psql", {
    args: ["-q", "-d", databaseUrl, ...commands.flatMap((command) => ["-c", command])],
    stdin: "piped",
  }).spawn();
  const response = await fetch(`${url}/file`);
  await response.body!.pipeTo(child.stdin);
  await child.status;
  return (performance.now() - startedAt) / 1000;
}

/** Seconds of `\copy`, and of `\copy` and merge. */
async function peers(url: string, databaseUrl: string): Promise<[copy: number, merge: number]> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  await sql.unsafe(`CREATE TABLE copied (${COLUMNS}); CREATE TABLE merged (${COLUMNS})`);
  await sql.end();
  const of = (row: string) => `(${NAMES.map((name) => `${row}.${name}`).join(", ")})`;
  const copied = await psql(url, databaseUrl, ["\\copy copied FROM pstdin CSV HEADER"]);
  const merged = await psql(url, databaseUrl, [
    "CREATE TEMPORARY TABLE stage (LIKE merged)",
    "\\copy stage FROM pstdin CSV HEADER",
    `INSERT INTO merged AS o SELECT * FROM stage ON CONFLICT (id) DO UPDATE SET (${NAMES}) = ` +
    `${of("excluded")} WHERE ${of("o")} IS DISTINCT FROM ${of("excluded")}`,
  ]);
  return [copied, merged];
}

async function countRows(databaseUrl: string): Promise<number> {
  const sql = postgres(databaseUrl, { max: 1 });
  const [row] = await sql`SELECT count(*)::int AS rows FROM readings`;
  await sql.end();
  return row!.rows;
}

function shown({ mb, seconds, cpuSeconds }: Measured): string {
  return `${mb.toFixed(0)} MB at most, ${seconds.toFixed(1)} s, ${cpuSeconds.toFixed(1)} s of CPU`;
}

if (import.meta.main) {
  const { mb, archive, peer } = parseArgs(Deno.args, {
    ...{ string: ["mb"], boolean: ["archive", "peer"], negatable: ["peer"] },
    default: { mb: "100", peer: true },
  });
  await using server = await startPostgres();
  for (const size of String(mb).split(",").map(Number)) {
    using folder = tempDir();
    let startedAt = performance.now();
    let lastByte = 0;
    const onEnd = () => lastByte ||= (performance.now() - startedAt) / 1000;
    await using files = serve(() => new Response(file(size, onEnd)));
    const databaseUrl = await server.createDatabase();
    const place = archive ? folder.file("archive") : undefined;
    startedAt = performance.now();
    const run = await backfill({ url: files.url, databaseUrl, archive: place });
    const rows = await countRows(databaseUrl);
    console.log(`${size} MB, ${rows} rows: ${shown(run)}`);
    console.log(
      `  first rows after ${run.firstRows.toFixed(1)} s, last byte after ${lastByte.toFixed(1)} s`,
    );
    if (place !== undefined) {
      const replayedUrl = await server.createDatabase();
      const args = ["--from-archive"];
      const replayed = await backfill({
        url: files.url,
        databaseUrl: replayedUrl,
        archive: place,
        args,
      });
      console.log(`  replayed, ${await countRows(replayedUrl)} rows: ${shown(replayed)}`);
    }
    if (!peer) continue;
    const [copied, merged] = await peers(files.url, databaseUrl);
    const ratio = (seconds: number) => (seconds / run.seconds).toFixed(2);
    console.log(`  \\copy ${copied.toFixed(1)} s: ${ratio(copied)} of its speed`);
    console.log(`  \\copy and merge ${merged.toFixed(1)} s: ${ratio(merged)} of its speed`);
  }
}
