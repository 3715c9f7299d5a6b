// Plays and proves a series of seeds one after the other, and names those that fail.
import type { SimulatedDatabase } from "./database.ts";
import { prove } from "./proof.ts";
import { DAY_MS, START_MS } from "./scenario.ts";
import { play, type Story } from "./story.ts";

/** Real time after which a seed is stuck. */
const STUCK_MS = 10 * 60_000;

/** Which seeds to play. */
export interface Seeds {
  readonly first: number;
  readonly count: number;
  readonly days: number;
  readonly database: SimulatedDatabase;
  /** Folder for files. */
  readonly folder: string;
  /** Receives a line after each seed. */
  readonly onSeed: (line: string) => void;
}

/** The results of the seeds. */
export interface Played {
  /** Of each seed that failed: why, and the command that replays it. */
  readonly failures: readonly string[];
  /** What was played, for display. */
  readonly figures: string;
}

/** Plays seeds one after the other; a seed that fails does not stop the others. */
export async function playSeeds(
  { first, count, days, database, folder, onSeed }: Seeds,
): Promise<Played> {
  const sum = { requests: 0, days: 0, processes: 0, killed: 0 };
  const failures: string[] = [];
  for (let seed = first; seed < first + count; seed++) {
    try {
      await inTime(play({ seed, days, database, folder }, async (story) => {
        onSeed(`seed ${seed}: ${lineOf(story)}`);
        await prove(story);
        sum.requests += story.log.length;
        sum.days += (story.endedMs - START_MS) / DAY_MS;
        sum.processes += story.lives.length;
        sum.killed += story.lives.filter(({ end }) => end === "killed").length;
      }));
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      const replay = `deno task simulate --seed ${seed} --days ${days}`;
      failures.push(`seed ${seed} failed: ${message}\nreplay it: ${replay}`);
      onSeed(failures.at(-1)!);
    }
    await database.clear();
  }
  const figures = `${count} seeds, ${failures.length} failed, ${Math.round(sum.days)} days, ` +
    `${sum.requests} requests, ${sum.processes} processes, ${sum.killed} of them killed`;
  return { failures, figures };
}

function lineOf({ scenario, log, lives, endedMs }: Story): string {
  const killed = lives.filter(({ end }) => end === "killed").length;
  const days = Math.round((endedMs - START_MS) / DAY_MS);
  const limits = scenario.limits.map(({ yaml }) => yaml).join(", ");
  const { outages, skewMs, timeoutMs, hiddenQuota, announcesQuota, hasKvFile } = scenario;
  return `${days} days, ${log.length} requests, ${lives.length} processes, ${killed} killed, ` +
    `${outages.length} outages, [${limits}], skew ${Math.round(skewMs / 1_000)} s, ` +
    `timeout ${timeoutMs / 1_000} s` +
    (hiddenQuota === undefined
      ? ""
      : `, ${announcesQuota ? "announced" : "hidden"} ${hiddenQuota}/d`) +
    (hasKvFile ? ", KV file" : "");
}

async function inTime(playing: Promise<void>): Promise<void> {
  const stuck = Promise.withResolvers<void>();
  const timer = setTimeout(() => stuck.reject(new Error("the simulation is stuck")), STUCK_MS);
  try {
    await Promise.race([playing, stuck.promise]);
  } finally {
    clearTimeout(timer);
  }
}
