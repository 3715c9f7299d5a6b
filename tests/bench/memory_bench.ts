// Prints the peak memory of `backfill` over ranges of different length, into PostgreSQL: of the process that
// does the work, with the flags that `deno task` gives it. The ranges end on the same day, so that long ones
// hold years of results alone. With `--slow`, the database takes that many microseconds longer for each runner;
// with `--nice`, other programs go before the process that is measured, as on a busy machine.
//
//     deno run -A tests/bench/memory_bench.ts [--days 100,400] [--rounds 1] \
//       [--streams both|results|racecards] [--slow 0] [--nice 0]
import { parseArgs } from "@std/cli/parse-args";
import postgres from "postgres";
import { formatDay, MINUTES_PER_DAY, parseCivil } from "../../lib/plan/time/civil.ts";
import { flagsOf, MEMORY_SETTINGS } from "../../lib/cli/launch/needs.ts";
import { startPostgres } from "../support/postgres_server.ts";
import { REPOSITORY } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";
import { startPageServer } from "./page_server.ts";

/** What is measured. */
export interface MemoryOptions {
  /** Lengths of the ranges. */
  readonly days: readonly number[];
  /** Runs over each range; pages are made in the first, and come without delay in the others. */
  readonly rounds: number;
  /** Names of the streams. */
  readonly streams: readonly string[];
  /** Microseconds that the database takes longer for each runner. */
  readonly slowUs: number;
  /** Niceness of the process that is measured. */
  readonly niceness: number;
}

/** What one run took. */
interface Taken {
  readonly mostMb: number;
  readonly seconds: number;
  /** Seconds of processor time. */
  readonly cpuSeconds: number;
  readonly runners: number;
}

const LAST = parseCivil("2025-10-19")!;
const LOOK_MS = 50;
/** `USER_HZ` of Linux. */
const TICKS_PER_SECOND = 100;

/** Runs the benchmark and prints a line for each range. */
export async function memoryBench(
  { days, rounds, streams, slowUs, niceness }: MemoryOptions,
): Promise<void> {
  await using server = await startPostgres();
  await using pages = await startPageServer();
  using folder = tempDir();
  const job = folder.file("job.yaml");
  const text = await Deno.readTextFile(`${REPOSITORY}config/racing.yaml`);
  await Deno.writeTextFile(job, text.replaceAll(/^ +limits: .*$/gm, ""));
  let first: number | undefined;
  for (const count of days) {
    for (let round = 1; round <= rounds; round++) {
      const databaseUrl = await server.createDatabase();
      if (slowUs > 0) await slowDown(databaseUrl, slowUs);
      const env = {
        ...{ RACING_API_URL: pages.url, RACING_API_USERNAME: "sandbox" },
        ...{ RACING_API_PASSWORD: "sandbox-password-1", DATABASE_URL: databaseUrl },
        BACKFILL_KV: folder.file(`kv-${count}-${round}.db`),
        BACKFILL_LOGS: folder.file("logs"),
      };
      const taken = await measure([
        ...[`--config=${job}`, `--only=${streams.join(",")}`],
        `--start-date=${formatDay(LAST - (count - 1) * MINUTES_PER_DAY)}`,
        `--end-date=${formatDay(LAST)}`,
      ], { env, niceness });
      first ??= taken.mostMb;
      console.log(line(count, taken, `${(taken.mostMb / first).toFixed(2)} of ${days[0]} days`));
    }
  }
}

function line(days: number, { mostMb, seconds, cpuSeconds, runners }: Taken, ratio: string) {
  return [
    `${String(days).padStart(5)} days`,
    `${mostMb.toFixed(0)} MB at most`,
    ratio,
    `${runners} runners in ${seconds.toFixed(1)} s`,
    `${Math.round(runners / cpuSeconds).toLocaleString("en")} a second of processor time`,
  ].join("   ");
}

/** Lets every statement that writes runners sleep for each of them: a trigger of statements, not of rows. */
async function slowDown(databaseUrl: string, us: number): Promise<void> {
  await using sql = disposable(postgres(databaseUrl, { max: 1, onnotice: () => {} }));
  await sql.unsafe(`
    CREATE FUNCTION sleep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      PERFORM pg_sleep(${us / 1e6} * (SELECT count(*) FROM written));
      RETURN NULL;
    END $$;
    CREATE FUNCTION slow_down() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
      IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE objid = to_regclass('ra_runners')) THEN
        CREATE TRIGGER slow AFTER INSERT ON ra_runners REFERENCING NEW TABLE AS written
          FOR EACH STATEMENT EXECUTE FUNCTION sleep();
      END IF;
    END $$;
    CREATE EVENT TRIGGER slow_down ON ddl_command_end WHEN TAG IN ('CREATE TABLE')
      EXECUTE FUNCTION slow_down();`);
}

function disposable(sql: postgres.Sql): postgres.Sql & AsyncDisposable {
  return Object.assign(sql, { [Symbol.asyncDispose]: () => sql.end() });
}

/** Runs `backfill` with these arguments. */
async function measure(
  args: readonly string[],
  { env, niceness }: { env: Record<string, string>; niceness: number },
): Promise<Taken> {
  const flags = await flagsOf("backfill", args, { ...Deno.env.toObject(), ...env });
  const startedAt = performance.now();
  // `nice` becomes the program, so its process is the one that is measured.
  const child = new Deno.Command("nice", {
    args: [
      "-n",
      String(niceness),
      Deno.execPath(),
      "run",
      ...flags,
      `${REPOSITORY}tasks/backfill.ts`,
      ...args,
    ],
    env: { ...MEMORY_SETTINGS, ...env },
    ...{ cwd: REPOSITORY, stdout: "null", stderr: "inherit" },
  }).spawn();
  const used = await watch(child);
  const seconds = (performance.now() - startedAt) / 1000;
  await using sql = disposable(postgres(env.DATABASE_URL!, { max: 1 }));
  const [row] = await sql`SELECT count(*)::int AS runners FROM ra_runners`;
  return { ...used, seconds, runners: row!.runners };
}

/** The peak that Linux keeps of a process, and its processor time, read until it ends. */
async function watch(child: Deno.ChildProcess): Promise<Pick<Taken, "mostMb" | "cpuSeconds">> {
  let [mostMb, cpuSeconds, ended] = [0, 0, false];
  child.status.then(() => ended = true);
  while (!ended) {
    const read = (name: string) => Deno.readTextFile(`/proc/${child.pid}/${name}`).catch(() => "");
    const peak = /^VmHWM:\s+(\d+) kB/m.exec(await read("status"))?.[1];
    if (peak !== undefined) mostMb = Math.max(mostMb, Number(peak) / 1024);
    // After the name in brackets: state, and ten fields later the ticks in user and in system mode.
    const [user, system] = (await read("stat")).replace(/^.*\) /, "").split(" ").slice(11, 13);
    if (system !== undefined) cpuSeconds = (Number(user) + Number(system)) / TICKS_PER_SECOND;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  if (!(await child.status).success) throw new Error("Cannot measure memory: the run failed");
  return { mostMb, cpuSeconds };
}

if (import.meta.main) {
  const flags = parseArgs(Deno.args, {
    string: ["days", "rounds", "streams", "slow", "nice"],
    default: { days: "100,400", rounds: "1", streams: "both", slow: "0", nice: "0" },
  });
  await memoryBench({
    days: flags.days.split(",").map(Number),
    rounds: Number(flags.rounds),
    streams: flags.streams === "both" ? ["racecards", "results"] : [flags.streams],
    slowUs: Number(flags.slow),
    niceness: Number(flags.nice),
  });
}
