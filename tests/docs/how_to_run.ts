// Owns the table of how the commands of the pages are run here: most as they stand, some over fewer dates
// than a reader would ask for, some stopped, and a few not at all, with the reason.
import type { ShellOptions } from "./place.ts";

/** How a command is run. */
export interface Way extends ShellOptions {
  /** What is run instead. */
  readonly as?: string;
  /** Why it is not run. */
  readonly reason?: string;
  /** Whether only the kinds of its lines are compared: which windows finish is random. */
  readonly loose?: boolean;
}

const ONE_DAY = "--start-date yesterday --end-date yesterday";

/** The first that matches says how; a command that none matches is run as it stands. */
const WAYS: readonly (readonly [pattern: RegExp, way: (command: string) => Way])[] = [
  [/^(npm|git|cd|curl) /, () => ({ reason: "it installs programs on this machine" })],
  [/task (test|ok|bench)\b/, () => ({ reason: "it would run this test again, or for minutes" })],
  [/^npx hindcast /, () => ({ reason: "tests/package installs the package and runs it" })],
  [/task docs\b/, () => ({ reason: "tests/config and tests/tasks compare what it writes" })],
  [
    /^(screen|tmux) /,
    () => ({ reason: "it needs a terminal, and a program that is not everywhere" }),
  ],
  [/\borders\.yaml|--name orders|order_lines|new orders-project/, () => ({
    reason: "tests/docs/walk_through_test.ts runs it against an API of its own",
  })],
  [/task query/, () => ({ apart: true, loose: true })],
  [/^crontab /, () => ({ reason: "it changes this machine" })],
  [/^deno deploy/, () => ({ reason: "it needs an account of Deno Deploy" })],
  [/task (fmt:check|lint|types)$/, () => ({ reason: "it is a part of deno task ok" })],
  [/^npx .* task demo$/, () => ({ apart: true, loose: true })],
  [/^deno task demo$/, () => ({ reason: "the README has it, behind npx" })],
  [
    /task sandbox/,
    (line) => ({ as: `${line} --port 0`, stopAt: "PASSWORD=sandbox-password-1", loose: true }),
  ],
  [/--watch$/, () => ({ stopAt: "next " })],
  [/^mkdir /, () => ({ apart: true })],
  [/^tail -f /, () => ({ stopAt: "done:", apart: true })],
  [/task console/, console],
  [/task cron/, cron],
  [/^nohup /, (line) => ({ as: `${shortened(line)} wait`, apart: true })],
  [/--check-status|--dry-run/, () => ({})],
  [/--start-date 2025-10-06 .*--end-date 2025-10-12$/, () => ({
    stopAt: "racecards    2025-10-07",
    held: true,
    loose: true,
  })],
  [/2025-10-20/, () => ({ faulty: true })],
  [/jq /, () => hasJq() ? {} : { reason: "jq is not installed" }],
  [/task backfill(:\w+)? .*--start-date 2015/, (line) => ({ as: shortened(line), apart: true })],
  [/--start-date yesterday/, () => ({ apart: true })],
];

/** How a command of a page is run. */
export function wayOf(command: string): Way {
  return WAYS.find(([pattern]) => pattern.test(command))?.[1](command) ?? {};
}

/** The same command over one day. */
function shortened(command: string): string {
  return command.replace(/--start-date \S+( --end-date \S+)?/, ONE_DAY);
}

/** Apart, because an update would first fill the gap between the days of the page and today. */
function cron(command: string): Way {
  const apart = { apart: true, loose: true };
  if (command.includes("--once")) return apart;
  return isFree(8000) ? { ...apart, stopAt: "updates at" } : { reason: "port 8000 is in use here" };
}

/** The one with a password is a line to adapt. */
function console(command: string): Way {
  if (command.includes("...")) return { reason: "its password is to be filled in" };
  return isFree(8001) ? { stopAt: "console of" } : { reason: "port 8001 is in use here" };
}

/** Whether nothing listens on a port: the page shows the default one. */
function isFree(port: number): boolean {
  try {
    using _listener = Deno.listen({ hostname: "127.0.0.1", port });
    return true;
  } catch {
    return false;
  }
}

function hasJq(): boolean {
  try {
    return new Deno.Command("jq", { args: ["--version"], stdout: "null" }).outputSync().success;
  } catch {
    return false;
  }
}
