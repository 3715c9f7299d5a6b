// Lets `probe` take its responses from the archive: the newest window that it holds, or the one of a date. No
// request is sent.
import { openStore } from "../../archive/store/open_store.ts";
import { Replay } from "../../archive/replay.ts";
import type { Job } from "../../config/schema/job.ts";
import { secretValues } from "../../config/schema/secret.ts";
import { Failure } from "../../failure.ts";
import type { Unit } from "../../fetch/http/unit.ts";
import type { PageArchive } from "../../fetch/page_archive.ts";
import { monotonicClock } from "../../fetch/rate/clock.ts";
import { canonical, scopeOf } from "../../plan/scope.ts";
import { MINUTES_PER_DAY } from "../../plan/time/civil.ts";
import { maskSecrets } from "../../report/text/mask.ts";
import { env } from "../open_job.ts";
import { readSettings } from "../settings.ts";

/** A unit that the archive holds, and its responses; close it with `await using`. */
export interface ProbedArchive extends AsyncDisposable {
  /** The unit, with the window that was archived. */
  readonly unit: Unit;
  /** Gives the responses. */
  readonly replay: PageArchive;
}

/** Later and earlier than any date. */
const ALL = { from: -1e9, to: 1e9 };

/**
 * Finds the archived responses of a unit: the window with its first day where `isDated`, else the newest one.
 *
 * @throws {Failure} of kind `configuration` if there is no archive or it does not hold the unit.
 */
export async function openProbed(
  job: Job,
  stream: string,
  unit: Unit,
  isDated: boolean,
): Promise<ProbedArchive> {
  const location = readSettings(env).archive ?? job.archive?.path;
  if (location === undefined) throw noArchive("no archive is configured");
  const clock = monotonicClock();
  const store = openStore(location, { env, clock, wallNow: Date.now, random: Math.random });
  const mask = maskSecrets(secretValues(job, env));
  const replay = await Replay.open({ store, job, params: unit.params, mask });
  const scope = scopeOf(job, stream, unit.params);
  const track = { stream, scope, each: canonical(unit.each), eachValues: unit.each };
  let window = unit.window;
  if (window !== null) {
    const day = { from: window.from, to: window.from + MINUTES_PER_DAY };
    const { windows } = replay.windowsOf(track, [isDated ? day : ALL]);
    const newest = windows.toSorted((a, b) => a.to - b.to).at(-1);
    if (newest === undefined) throw noArchive(`it contains no such window of "${stream}"`);
    window = newest;
  } else if (!replay.holdsItem(track)) throw noArchive(`it contains no response of "${stream}"`);
  return {
    unit: { ...unit, window },
    replay: replay.begin({ ...track, window }, 0, mask),
    async [Symbol.asyncDispose]() {
      await replay[Symbol.asyncDispose]();
      store[Symbol.dispose]();
    },
  };
}

function noArchive(why: string): Failure {
  return new Failure("configuration", `Cannot probe the archive: ${why}`, {
    hint: 'Omit --from-archive, or check "archive" of the job and BACKFILL_ARCHIVE',
  });
}
