// Owns how a path with a comma is granted: Deno 2.9 takes every comma in the list of a permission for the end of a
// path. The path is written relative to the current folder, so that the name of that folder does not appear;
// if that does not help, the folder above the comma is granted, with a warning. Invariant: neither the root
// nor the home folder is.
import { dirname, relative, resolve } from "node:path";
import { Failure } from "../../failure.ts";

/** A path that Deno accepts. */
export interface GrantedPath {
  /** The path that is granted. */
  readonly path: string;
  /** The warning for the user, where more is granted than the path itself. */
  readonly warning: string | undefined;
}

/**
 * The path without a comma that grants access to `path`, with `home` as the home folder.
 *
 * @throws {Failure} of kind `configuration` where that would grant the root or the home folder.
 */
export function withoutComma(path: string, home: string | undefined): GrantedPath {
  const fromHere = relative(Deno.cwd(), path) || ".";
  if (!fromHere.includes(",")) return { path: fromHere, warning: undefined };
  const whole = resolve(path);
  const above = dirname(`${whole.slice(0, whole.indexOf(","))}x`);
  const isWide = dirname(above) === above ||
    (home !== undefined && home !== "" && isWithin(resolve(home), above));
  if (!isWide) {
    const warning =
      `Deno does not accept a comma in the path of a permission: to reach "${path}" the ` +
      `command may access all of "${above}"`;
    return { path: above, warning };
  }
  throw new Failure(
    "configuration",
    `Cannot grant access to "${path}": Deno does not accept a comma in the path of a permission`,
    { hint: "Rename it, or run the command in the folder whose name has the comma" },
  );
}

function isWithin(path: string, folder: string): boolean {
  const below = relative(folder, path);
  return below !== ".." && !below.startsWith("../");
}
