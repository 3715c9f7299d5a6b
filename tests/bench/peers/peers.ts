// Side by side: the same sandbox, the same limit, the same PostgreSQL and the same result, by Hindcast and
// by what people use instead. Prints a table of time, requests, refusals, memory, wrong or missing rows,
// and what a kill in the middle costs. Peers are installed by install.sh; one that is missing is said to be.
//
//   deno run -A tests/bench/peers/peers.ts --peers ./peers --days 60 --rate 5
import { parseArgs } from "@std/cli/parse-args";
import { formatDay, MINUTES_PER_DAY, parseCivil } from "../../../lib/plan/civil.ts";
import { formatTable } from "../../../lib/report/format.ts";
import { racesOn } from "../../../lib/sandbox/race.ts";
import { resultOf } from "../../../lib/sandbox/result.ts";
import type { Sandbox } from "../../../lib/sandbox/server.ts";
import { startSandbox } from "../../../lib/sandbox/server.ts";
import { openTarget } from "../../../lib/upsert/open_target.ts";
import { startPostgres } from "../../support/postgres_server.ts";

const HERE = import.meta.dirname!;
const FIRST = "2024-01-01";

interface Peer {
  readonly name: string;
  readonly command: (folder: string) => string[];
  readonly environment: (context: Context) => Record<string, string>;
  readonly races: string;
  readonly runners: string;
}

interface Context {
  readonly sandbox: Sandbox;
  readonly databaseUrl: string;
  readonly folder: string;
  readonly last: string;
  readonly rate: number;
}

const RUNNERS = "race_id, horse_id, horse, number, position, sp, jockey, trainer, comment";
const RACES = "race_id, date, course, region, race_name, type, going, dist";

const PEERS: Peer[] = [
  {
    name: "hindcast",
    command: () => [
      Deno.execPath(),
      "task",
      "--quiet",
      "backfill",
      `--config=${HERE}/job.yaml`,
      `--start-date=${FIRST}`,
      "--resume",
      "--json",
    ],
    environment: ({ rate, folder }) => ({
      ...(rate > 0 && { PEERS_LIMIT: `${rate}/s` }),
      BACKFILL_KV: `${folder}/kv.db`,
      BACKFILL_LOGS: `${folder}/logs`,
    }),
    races: `SELECT ${RACES} FROM races`,
    runners: `SELECT ${RUNNERS} FROM runners`,
  },
  {
    name: "dlt rest_api",
    command: (peers) => [`${peers}/venv/bin/python`, `${HERE}/dlt_pipeline.py`],
    environment: () => ({ RUNTIME__DLTHUB_TELEMETRY: "false" }),
    races:
      `SELECT race_id, date::text, course, region, race_name, type, going, dist FROM peers.results`,
    runners: `SELECT r.race_id, horse_id, horse, number, position, sp, jockey, trainer, u.comment
              FROM peers.results__runners u JOIN peers.results r ON r._dlt_id = u._dlt_parent_id`,
  },
  {
    name: "straight script",
    command: (peers) => [`${peers}/venv/bin/python`, `${HERE}/straight_script.py`],
    environment: ({ rate }) => ({ PEERS_RATE: rate > 0 ? String(rate) : "" }),
    races: `SELECT ${RACES} FROM races`,
    runners: `SELECT ${RUNNERS} FROM runners`,
  },
];

interface Outcome {
  seconds: number;
  requests: number;
  refused: number;
  peakMb: number;
  code: number;
}

const HEADER = [
  "peer",
  "seconds",
  "requests",
  "429s",
  "peak MB",
  "wrong or missing",
  "extra requests after a kill",
  "wrong after it",
];

async function compare(
  peer: Peer,
  peers: string,
  days: number,
  rate: number,
  server: { createDatabase(): Promise<string> },
): Promise<string[]> {
  const last = formatDay(parseCivil(FIRST)! + (days - 1) * MINUTES_PER_DAY);
  try {
    Deno.statSync(peer.command(peers)[0]!);
  } catch {
    return [peer.name, "not installed", "", "", "", "", "", ""];
  }
  const whole = await perform(peer, peers, last, rate, server, []);
  const half = whole.outcome.seconds * 500;
  const killed = await perform(peer, peers, last, rate, server, [half]);
  const { seconds, requests, refused, peakMb, code } = whole.outcome;
  return [
    peer.name,
    seconds.toFixed(1),
    String(requests - refused),
    String(refused),
    peakMb.toFixed(0),
    code === 0 ? String(whole.wrong) : `${whole.wrong} (exit ${code})`,
    String(killed.outcome.requests - killed.outcome.refused - (requests - refused)),
    String(killed.wrong),
  ];
}

/** Runs a peer to its end, killed after each of the given times (ms) and started again. */
async function perform(
  peer: Peer,
  peers: string,
  last: string,
  rate: number,
  server: { createDatabase(): Promise<string> },
  killsAfterMs: readonly number[],
): Promise<{ outcome: Outcome; wrong: number }> {
  const databaseUrl = await server.createDatabase();
  const folder = Deno.makeTempDirSync();
  await using sandbox = await startSandbox({ limit: rate, latencyMs: 50 });
  const context = { sandbox, databaseUrl, folder, last, rate };
  const outcome: Outcome = { seconds: 0, requests: 0, refused: 0, peakMb: 0, code: 0 };
  for (const killAfterMs of [...killsAfterMs, undefined]) {
    const { seconds, peakMb, code } = await execute(peer, peers, context, killAfterMs);
    outcome.seconds += seconds;
    outcome.peakMb = Math.max(outcome.peakMb, peakMb);
    outcome.code = code;
  }
  outcome.requests = sandbox.counts.requests;
  outcome.refused = sandbox.counts.refused;
  return { outcome, wrong: await countWrong(peer, databaseUrl, last) };
}

async function execute(
  peer: Peer,
  peers: string,
  context: Context,
  killAfterMs: number | undefined,
): Promise<{ seconds: number; peakMb: number; code: number }> {
  const [program, ...args] = peer.command(peers);
  const startedAt = performance.now();
  const child = new Deno.Command("setsid", {
    args: [program!, ...args, ...(peer.name === "hindcast" ? [`--end-date=${context.last}`] : [])],
    env: {
      RACING_API_URL: context.sandbox.url,
      RACING_API_USERNAME: context.sandbox.username,
      RACING_API_PASSWORD: context.sandbox.password,
      // dlt refuses an address without a password; the server asks for none.
      DATABASE_URL: context.databaseUrl.replace(/\/\/([^:@/]+)@/, "//$1:none@"),
      PEERS_FIRST: FIRST,
      PEERS_LAST: context.last,
      PEERS_FOLDER: context.folder,
      ...peer.environment(context),
    },
    stdout: "null",
    stderr: Deno.env.has("PEERS_VERBOSE") ? "inherit" : "null",
  }).spawn();
  let peakMb = 0;
  const sampling = setInterval(() => peakMb = Math.max(peakMb, peakOf(child.pid)), 50);
  const kill = killAfterMs === undefined
    ? undefined
    : setTimeout(() => killGroup(child.pid), killAfterMs);
  const { code } = await child.status;
  clearInterval(sampling);
  clearTimeout(kill);
  return { seconds: (performance.now() - startedAt) / 1000, peakMb, code };
}

/** Not by kill(1): the one of procps 4.0.2 takes `-12345` for -1, which is every process there is. */
function killGroup(pid: number): void {
  try {
    Deno.kill(-pid, "SIGKILL");
  } catch { /* it has ended already */ }
}

/** Largest resident set of a process of the group, in MB. */
function peakOf(pgid: number): number {
  const { stdout } = new Deno.Command("ps", { args: ["-eo", "pgid=,rss="] }).outputSync();
  const sizes = new TextDecoder().decode(stdout).split("\n").flatMap((line) => {
    const [group, kb] = line.trim().split(/\s+/).map(Number);
    return group === pgid ? [(kb ?? 0) / 1024] : [];
  });
  return Math.max(0, ...sizes);
}

/** Rows of races and runners that differ from the generator's, are missing or too many. */
async function countWrong(peer: Peer, databaseUrl: string, last: string): Promise<number> {
  const expected = expectedRows(last);
  await using target = await openTarget(databaseUrl);
  let wrong = 0;
  for (const kind of ["races", "runners"] as const) {
    const left = new Map(expected[kind]);
    const rows = await target.query(peer[kind]).then((answer) => answer.rows, () => []);
    for (const row of rows) {
      const text = JSON.stringify(row.map((value) => blank(value)));
      const count = left.get(text) ?? 0;
      if (count === 0) wrong++;
      else if (count === 1) left.delete(text);
      else left.set(text, count - 1);
    }
    wrong += left.size;
  }
  return wrong;
}

function expectedRows(last: string): { races: Map<string, number>; runners: Map<string, number> } {
  const races = new Map<string, number>();
  const runners = new Map<string, number>();
  for (let day = parseCivil(FIRST)!; day <= parseCivil(last)!; day += MINUTES_PER_DAY) {
    for (const race of racesOn(formatDay(day))) {
      const result = resultOf(race) as unknown as Record<string, unknown> & {
        runners: Record<string, unknown>[];
      };
      if (result === undefined || race.abandoned) continue;
      races.set(key(RACES, result), 1);
      for (const runner of result.runners) {
        runners.set(key(RUNNERS, { ...runner, race_id: result.race_id }), 1);
      }
    }
  }
  return { races, runners };
}

function key(columns: string, record: Record<string, unknown>): string {
  return JSON.stringify(columns.split(", ").map((column) => blank(record[column])));
}

/** What peers store for no value differs: nothing, an empty text, the source's dash. */
function blank(value: unknown): string {
  const text = String(value ?? "");
  return text === "-" || text === "–" ? "" : text;
}

if (import.meta.main) {
  const flags = parseArgs(Deno.args, {
    string: ["peers", "days", "rate", "only"],
    default: { peers: "./peers", days: "60" },
  });
  const rates = flags.rate === undefined ? [5, 0] : [Number(flags.rate)];
  await using server = await startPostgres({ fsync: "on" });
  for (const rate of rates) {
    const rows: string[][] = [HEADER];
    for (const peer of PEERS) {
      if (flags.only !== undefined && !peer.name.startsWith(flags.only)) continue;
      rows.push(await compare(peer, flags.peers, Number(flags.days), rate, server));
      console.error(rows.at(-1)!.join("  "));
    }
    console.log(
      `\n${flags.days} days of results, ${rate > 0 ? `${rate} requests a second` : "no limit"}\n`,
    );
    console.log(formatTable(rows).join("\n"));
  }
}
