// Runs and checks a series of seeds one after the other, and names those that fail.
import type { SimulatedDatabase } from "./database.ts";
import { prove } from "./proof.ts";
import { added, type Figures, figuresOf, formatFigures } from "./figures.ts";
import { play, type Story } from "./story.ts";

/** Real time after which a seed counts as stuck on a busy machine: the minimum, and the time for each day. */
const [STUCK_MS, STUCK_MS_A_DAY] = [10 * 60_000, 10_000];

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

/** Runs seeds one after the other; a seed that fails does not stop the others. */
export async function playSeeds(
  { first, count, days, database, folder, onSeed }: Seeds,
): Promise<Played> {
  let sum: Figures = {};
  const failures: string[] = [];
  for (let seed = first; seed < first + count; seed++) {
    try {
      await inTime(
        play({ seed, days, database, folder }, async (story) => {
          onSeed(`seed ${seed}: ${lineOf(story)}`);
          await prove(story);
          sum = added(sum, figuresOf(story));
        }),
        Math.max(STUCK_MS, days * STUCK_MS_A_DAY),
      );
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      const replay = `deno task simulate --seed ${seed} --days ${days}`;
      failures.push(`seed ${seed} failed: ${message}\nreplay it: ${replay}`);
      onSeed(failures.at(-1)!);
    }
    await database.clear();
  }
  const figures = `${count} seeds, ${failures.length} failed, ${formatFigures(sum)}`;
  return { failures, figures };
}

/** The scenario and what happened in it. */
function lineOf(story: Story): string {
  const { limits, skewMs, timeoutMs, hiddenQuota, announcesQuota, hasKvFile, budgetMs } =
    story.scenario;
  return [
    `[${limits.map(({ yaml }) => yaml).join(", ")}]`,
    ...(hiddenQuota === undefined
      ? []
      : [`${announcesQuota ? "announced" : "hidden"} ${hiddenQuota}/d`]),
    `skew ${Math.round(skewMs / 1_000)} s`,
    `timeout ${timeoutMs / 1_000} s`,
    ...(budgetMs === undefined ? [] : [`slices of ${budgetMs / 1_000} s`]),
    ...(hasKvFile ? ["KV file"] : []),
    formatFigures(figuresOf(story)),
  ].join(", ");
}

async function inTime(playing: Promise<void>, stuckMs: number): Promise<void> {
  const stuck = Promise.withResolvers<void>();
  const timer = setTimeout(() => stuck.reject(new Error("the simulation is stuck")), stuckMs);
  try {
    await Promise.race([playing, stuck.promise]);
  } finally {
    clearTimeout(timer);
  }
}
