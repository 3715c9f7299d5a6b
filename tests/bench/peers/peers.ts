// Compares Hindcast with its peers: the same sandbox, limit, PostgreSQL and result, by Hindcast and
// by what others use instead. A call runs one round: each peer once to its end, and once killed after half
// of that time and started again. It adds what it saw to runs.jsonl in the folder of the peers, and
// prints the medians of all rounds that are there. Peers are installed by install.sh. `--warm` makes the
// sandbox's pages and fills caches, and records nothing.
//
//   deno run -A tests/bench/peers/peers.ts --peers ./peers --days 365 --rate 0 --warm
//   deno run -A tests/bench/peers/peers.ts --peers ./peers --days 365 --rate 0
import { delay } from "@std/async/delay";
import { parseArgs } from "@std/cli/parse-args";
import postgres from "postgres";
import { formatDay, MINUTES_PER_DAY, parseCivil } from "../../../lib/plan/time/civil.ts";
import { type Databases, startPostgres } from "../../support/postgres_server.ts";
import { tempDir } from "../../support/temp.ts";
import { countWrong, type Expected, expectedRows } from "./expected_rows.ts";
import { environmentOf, type Peer, PEERS, type Setting } from "./peer.ts";
import { type Ended, higher, runTree } from "./process_tree.ts";
import { type SandboxProcess, startSandboxProcess } from "./sandbox_process.ts";
import { printTable, type Run } from "./table.ts";

const FIRST = "2024-01-01";
/** A virtual machine may be paused for a while; no peer is responsible for that. */
const STILL_MS = 1500;
const MAX_TRIES = 3;
/** The interval of the sandbox's limit, and some more. */
const LIMIT_MS = 1200;

/** PostgreSQL's own defaults, where tests use others. */
const DEFAULTS = {
  fsync: "on",
  full_page_writes: "on",
  synchronous_commit: "on",
  shared_buffers: "128MB",
  jit: "on",
};

/** What all peers of a round share. */
interface Round {
  readonly peers: string;
  readonly days: number;
  readonly rate: number;
  readonly server: Databases;
  readonly sandbox: SandboxProcess;
  readonly expected: Expected;
}

/** Runs a peer, again where the machine stood still meanwhile. */
async function perform(peer: Peer, round: Round, kills: readonly number[]): Promise<Run> {
  for (let tries = 1;; tries++) {
    const { run, stillMs } = await performOnce(peer, round, kills);
    if (stillMs < STILL_MS || tries === MAX_TRIES) return run;
    console.error(`the machine stood still for ${Math.round(stillMs)} ms: ${JSON.stringify(run)}`);
  }
}

/** Runs a peer into an empty database, killed after each of the given times and started again. */
async function performOnce(
  peer: Peer,
  round: Round,
  killsAfterMs: readonly number[],
): Promise<{ run: Run; stillMs: number }> {
  using folder = tempDir();
  const setting = await settingOf(peer, round, folder.path);
  await delay(LIMIT_MS); // or the limit would still hold the requests of the run before against it
  const before = await round.sandbox.counts();
  const ends: Ended[] = [];
  for (const killAfterMs of [...killsAfterMs, undefined]) {
    ends.push(await runTree(peer.command(setting), environmentOf(peer, setting), killAfterMs));
  }
  const after = await round.sandbox.counts();
  const refused = after.refused - before.refused;
  const run: Run = {
    peer: peer.name,
    days: round.days,
    rate: round.rate,
    killed: killsAfterMs.length,
    seconds: ends.reduce((sum, { seconds }) => sum + seconds, 0),
    requests: after.requests - before.requests - refused,
    refused,
    ...ends.reduce(higher, { peakMb: 0, largestMb: 0, processes: 0 }),
    wrong: await countWrong(peer, setting.databaseUrl, round.expected),
    code: ends.at(-1)!.code,
  };
  return { run, stillMs: Math.max(...ends.map(({ stillMs }) => stillMs)) };
}

async function settingOf(peer: Peer, round: Round, folder: string): Promise<Setting> {
  const databaseUrl = await round.server.createDatabase();
  if (peer.prepare !== undefined) {
    const sql = postgres(databaseUrl, { max: 1 });
    await sql.unsafe(peer.prepare);
    await sql.end();
  }
  return {
    peers: round.peers,
    folder,
    databaseUrl,
    sandboxUrl: round.sandbox.url,
    first: FIRST,
    last: dayAfter(round.days - 1),
    end: dayAfter(round.days),
    rate: round.rate,
  };
}

function dayAfter(days: number): string {
  return formatDay(parseCivil(FIRST)! + days * MINUTES_PER_DAY);
}

function isInstalled({ name, needs }: Peer, peers: string): boolean {
  try {
    if (needs !== undefined) Deno.statSync(`${peers}/${needs}`);
    return true;
  } catch {
    console.error(`${name}: not installed, left out`);
    return false;
  }
}

if (import.meta.main) {
  const flags = parseArgs(Deno.args, {
    string: ["peers", "days", "rate", "only"],
    boolean: ["warm"],
    default: { peers: "./peers", days: "60", rate: "5" },
  });
  const [peers, days, rate] = [flags.peers, Number(flags.days), Number(flags.rate)];
  const record = `${peers}/runs.jsonl`;
  const only = PEERS.filter((peer) => peer.name.startsWith(flags.only ?? ""));
  await using server = await startPostgres(DEFAULTS);
  await using sandbox = await startSandboxProcess(`${peers}/pages`, flags.warm ? 0 : rate);
  const expected = expectedRows(FIRST, dayAfter(days - 1));
  const round: Round = { peers, days, rate, server, sandbox, expected };
  for (const peer of only.filter((peer) => isInstalled(peer, peers))) {
    const whole = await perform(peer, round, []);
    console.error(JSON.stringify(whole));
    if (flags.warm) continue;
    const killed = await perform(peer, round, [whole.seconds * 500]);
    console.error(JSON.stringify(killed));
    await Deno.writeTextFile(record, `${JSON.stringify(whole)}\n${JSON.stringify(killed)}\n`, {
      append: true,
    });
  }
  if (!flags.warm) printTable(await Deno.readTextFile(record), days, rate);
}
