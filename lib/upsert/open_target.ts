// Chooses the database by its URL. The embedded database is loaded only when it is needed:
// it is larger than the rest of the program.
import { monotonicClock } from "../fetch/rate/clock.ts";
import { Failure } from "../failure.ts";
import type { OpenOptions } from "./write/open_options.ts";
import type { Target } from "./write/target.ts";

const RETRY_FOR_MS = 60_000;

/**
 * Opens the database at `postgres://...` or `pglite:PATH`. Nothing is created on a server before
 * `prepare`; the folder of an embedded database is.
 *
 * @throws {Failure} of kind `configuration` for an unreadable URL, `target` where the database cannot be
 * used, `locked` where another process has the embedded database open.
 */
export async function openTarget(url: string, options: OpenOptions = {}): Promise<Target> {
  const dependencies: Required<OpenOptions> = {
    clock: options.clock ?? monotonicClock(),
    random: options.random ?? Math.random,
    randomId: options.randomId ?? (() => crypto.randomUUID()),
    retryForMs: options.retryForMs ?? RETRY_FOR_MS,
    waitsForServer: options.waitsForServer ?? true,
    onWait: options.onWait ?? (() => {}),
    signal: options.signal ?? new AbortController().signal,
  };
  if (/^postgres(ql)?:/.test(url)) {
    const { openPostgres } = await import("./postgres/target.ts");
    return await openPostgres(url, dependencies);
  }
  if (/^pglite:(?!\/\/[^/]).+/.test(url)) {
    const { openPglite } = await import("./pglite/target.ts");
    return await openPglite(url.slice("pglite:".length), dependencies);
  }
  throw new Failure(
    "configuration",
    `Cannot open the database: DATABASE_URL ${schemeProblem(url)}`,
    {
      hint: "Set DATABASE_URL to postgres://user:password@host/database or pglite:PATH",
    },
  );
}

/** What is wrong with the beginning of a URL, without anything that may be a password. */
function schemeProblem(url: string): string {
  if (url.startsWith("pglite:")) return 'does not have the form "pglite:PATH"';
  if (/^["'\s]/.test(url)) return "begins with a quotation mark or a space";
  const [, scheme] = /^([a-z][a-z0-9+.-]*):(?=([a-z]+:)?\/\/|[^0-9/@][^@]*$)/i.exec(url) ?? [];
  if (scheme !== undefined) return `has the unsupported scheme "${scheme}:"`;
  const [, before, place = ""] = /^(.*@)?(.*)$/s.exec(url)!;
  const isPlace = /^([\w.-]+(:\d+)?(\/[\w./-]*)?|\$\{?\w+\}?)$/.test(place) && place.length < 60;
  if (!isPlace || /[=\s]/.test(url)) return "has no scheme";
  return `has no scheme, found "${before === undefined ? "" : "***@"}${place}"`;
}
