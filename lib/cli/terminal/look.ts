// Decides what an output shows: colors, Unicode blocks, lines that are redrawn in place. Pure; the caller reads
// the environment. Invariant: an output that is not a terminal, and a dumb one, gets plain lines.

/** What an output shows. */
export interface Look {
  /** Whether text is colored. */
  readonly colors: boolean;
  /** Whether characters other than ASCII are shown. */
  readonly unicode: boolean;
  /** Whether lines are redrawn in place. */
  readonly redraws: boolean;
  /** Whether lines that are too long after a resize are wrapped again. */
  readonly reflows: boolean;
}

/** Variables that {@linkcode lookOf} reads. */
export const LOOK_VARIABLES: readonly string[] = [
  ...["NO_COLOR", "FORCE_COLOR", "TERM", "WT_SESSION", "STY", "XTERM_VERSION"],
  ...["LC_ALL", "LC_CTYPE", "LANG"],
];

/** What an output of this process shows. */
export function lookOf(
  isTerminal: boolean,
  env: (name: string) => string | undefined,
  os: typeof Deno.build.os,
): Look {
  const term = env("TERM") ?? "";
  const redraws = isTerminal && term !== "dumb";
  return {
    colors: hasColors(redraws, env),
    unicode: term !== "dumb" && term !== "linux" && isUnicode(env, os),
    redraws,
    // GNU screen and xterm cut what no longer fits.
    reflows: env("STY") === undefined && env("XTERM_VERSION") === undefined,
  };
}

/** NO_COLOR wins over FORCE_COLOR, as no-color.org specifies; an empty value counts as unset. */
function hasColors(redraws: boolean, env: (name: string) => string | undefined): boolean {
  if (env("NO_COLOR")) return false;
  const forced = env("FORCE_COLOR");
  if (forced === undefined || forced === "") return redraws;
  return forced !== "0" && forced !== "false";
}

/** Whether the locale's characters are those of UTF-8; Windows Terminal and macOS always show them. */
function isUnicode(env: (name: string) => string | undefined, os: typeof Deno.build.os): boolean {
  const locale = env("LC_ALL") || env("LC_CTYPE") || env("LANG");
  if (locale) return /utf-?8/i.test(locale);
  return os === "darwin" || (os === "windows" && env("WT_SESSION") !== undefined);
}
