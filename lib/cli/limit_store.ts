// Opens the place where the limits and the refreshed tokens of a job are shared with its runs, for commands that
// send a request or two. They work without a database too, unless the job has a refresh token: what cannot be opened
// is reported and left out. Invariant: nothing waits for an unavailable database.
import type { Job } from "../config/schema/job.ts";
import { Failure } from "../failure.ts";
import { refreshTokenOf } from "../fetch/http/oauth2.ts";
import type { TokenStore } from "../fetch/http/token_store.ts";
import type { LimitStore } from "../fetch/rate/limit_store.ts";
import { boundTogether, isCounted } from "../plan/time/rate.ts";
import { LimitTable } from "../upsert/limit_table.ts";
import { TokenTable } from "../upsert/token_table.ts";
import { openTarget } from "../upsert/open_target.ts";
import type { Target } from "../upsert/write/target.ts";

/** How a limit store is opened. */
export interface LimitStoreOptions {
  /** `postgres://...` or `pglite:PATH`. */
  readonly databaseUrl: string;
  /** Whether the table is created where it is missing. */
  readonly creates: boolean;
  /** Stops opening the store. */
  readonly signal: AbortSignal;
  /** Receives why limits are not shared. */
  readonly say: (message: string) => void;
}

/** An open limit store. */
export interface OpenLimitStore extends AsyncDisposable {
  /** Where the use of limits is kept; undefined where limits are not shared. */
  readonly limitStore: LimitStore | undefined;
  /** Where refreshed tokens are kept; it refuses to refresh any where the database is not open. */
  readonly tokenStore: TokenStore;
}

/** A server that rotates refresh tokens refuses one that was used: nothing may be refreshed that is not kept. */
const NOT_OPEN: TokenStore = {
  claim: () =>
    Promise.reject(
      new Failure(
        "configuration",
        "Cannot refresh the token: the database that keeps refresh tokens cannot be opened",
        { hint: "Set DATABASE_URL to the database of the job" },
      ),
    ),
  keep: () => Promise.resolve(),
  release: () => Promise.resolve(),
};

/** Opens the limit store of a job that declares a quota. */
export async function openLimitStore(
  job: Job,
  options: LimitStoreOptions,
): Promise<OpenLimitStore> {
  const hasRefreshToken = refreshTokenOf(job.source.auth?.oauth2) !== undefined;
  const isWanted = hasRefreshToken ||
    hasQuota(job) && !await isMissingFolder(options.databaseUrl);
  if (!isWanted) return without();
  try {
    const target = await openTarget(options.databaseUrl, {
      signal: options.signal,
      retryForMs: 0,
      waitsForServer: false,
    });
    return await storeIn(target, options.creates);
  } catch (error) {
    if (options.signal.aborted || !(error instanceof Failure)) throw error;
    options.say(`requests are not counted against the limits of other runs: ${error.message}`);
    return without();
  }
}

async function storeIn(target: Target, creates: boolean): Promise<OpenLimitStore> {
  try {
    if (creates) await target.prepare({});
    const { rows: [row] } = await target.query("SELECT to_regclass('hindcast_limits') IS NOT NULL");
    return {
      limitStore: row?.[0] === true ? new LimitTable(target) : undefined,
      tokenStore: new TokenTable(target),
      [Symbol.asyncDispose]: () => target[Symbol.asyncDispose](),
    };
  } catch (error) {
    await target[Symbol.asyncDispose]();
    throw error;
  }
}

/** Whether a limit is a quota that may be used up; a limit that only sets a pace would delay a command. */
function hasQuota({ source, streams }: Job): boolean {
  const quotas = [
    ...boundTogether(source.limits, source.burst),
    ...Object.values(streams).flatMap(({ limits }) => boundTogether(limits)),
  ];
  return quotas.some(isCounted);
}

/** An embedded database that no run has created has no limits to share, and would take seconds to create. */
async function isMissingFolder(databaseUrl: string): Promise<boolean> {
  if (!databaseUrl.startsWith("pglite:")) return false;
  return await Deno.stat(databaseUrl.slice("pglite:".length)).then(() => false, () => true);
}

function without(): OpenLimitStore {
  return {
    limitStore: undefined,
    tokenStore: NOT_OPEN,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
