// Owns what a run does after its database failed over: a promoted standby may be missing the last commits of the
// primary, rows and ledger alike. It reads again what the database contains, and fetches what is missing. Invariant: a
// run never ends as done while a window that it wrote is lost.
import { backfill, type BackfillInput } from "./backfill.ts";
import { catchUp } from "./checkpoint/catch_up.ts";
import { readFetchedSince } from "./checkpoint/fetched_since.ts";
import { Failure } from "./failure.ts";

/**
 * Runs the backfill, and fetches the windows whose commits were lost again, as often as the database failed over; a
 * process that joined the run leaves that to the one that started it.
 *
 * @throws {Failure} if the run cannot continue, or other processes share it, which count lost windows as done.
 */
export async function backfillThroughFailovers(
  input: BackfillInput,
  hasJoined: boolean,
): Promise<void> {
  const { job, target, checkpoint, crew, fetched, listen } = input;
  const sinceMs = fetched?.sinceMs ?? input.wallNow();
  await backfill(input);
  while (!hasJoined && await target.failedOver()) {
    if (crew?.isShared) throw lostByOthers();
    listen({ kind: "warning", message: FAILED_OVER, hint: HINT });
    await catchUp({ job: job.job, checkpoint, target }, { isStored: true, fromZero: true });
    await backfill({ ...input, fetched: await readFetchedSince(target, job.job, sinceMs) });
  }
}

const FAILED_OVER =
  "The database failed over during the run: windows whose commits were lost are fetched again";
const HINT = "Set synchronous_standby_names on the server so that a failover loses no commit";

function lostByOthers(): Failure {
  return new Failure(
    "target",
    "Cannot prove that nothing is missing: the database failed over during the run",
    { hint: "Run deno task backfill --resume: it fetches the windows whose commits were lost" },
  );
}
