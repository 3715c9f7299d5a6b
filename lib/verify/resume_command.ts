// Owns the command that fetches a range of one stream with the parameters it was fetched with before,
// so that a finding ends with something to copy. Pure.
import type { Window } from "../plan/time/window.ts";
import { formatDay } from "../plan/time/civil.ts";

/**
 * `deno task backfill --resume --only STREAM` with the dates of a range and the flags of a scope; the
 * dates of the last run if the range is null.
 */
export function resumeCommand(stream: string, scope: string, range: Window | null): string {
  const dates = range === null
    ? []
    : [`--start-date ${formatDay(range.from)} --end-date ${formatDay(range.to - 1)}`];
  return ["deno task backfill --resume --only", stream, ...dates, ...flagsOf(scope)].join(" ");
}

/** A scope is the canonical form of parameters; one that was too long is a hash and has no flags. */
function flagsOf(scope: string): string[] {
  if (scope === "" || scope.includes("~")) return [];
  return scope.split("&").map((part) => {
    const [name = "", values = ""] = part.split(/=(.*)/s);
    return `--${name.replaceAll("_", "-")} ${
      values.split(",").map((value) => quoted(decoded(value))).join(" ")
    }`;
  });
}

/** Values of a scope are percent-encoded if they contain a separator. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function quoted(value: string): string {
  return /^[\w.:@%+-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
