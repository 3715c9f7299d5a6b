// Owns what remains of the lines of a long response once they were read: the first and the last, in which paging,
// feeds and errors find a cursor, a flag or a message. Pure. Invariant: a path that could lead to another line is
// known before the response is requested, which is then read whole.
import type { Stream } from "../../config/schema/job_schema.ts";
import { parsePath } from "../../extract/value/path.ts";

/** The first and the last line of a response that is read piece by piece. */
export class ListEnds {
  #first: unknown;
  #last: unknown;
  #count = 0;

  /** Adds the lines of the next piece. */
  add(lines: readonly unknown[]): void {
    if (lines.length === 0) return;
    if (this.#count === 0) this.#first = lines[0];
    this.#last = lines.at(-1);
    this.#count += lines.length;
  }

  /** The known part of the body: its first and its last line. */
  get body(): unknown[] {
    return this.#count < 2 ? [this.#first].slice(0, this.#count) : [this.#first, this.#last];
  }
}

/** Whether all that a stream reads in the body of a response is in its first or its last line. */
export function readsOnlyEnds({ paging, since, total, error = [] }: Stream): boolean {
  const { pages, cursor, link, more }: Readonly<Record<string, unknown>> = { ...paging };
  const paths = [pages, cursor, link, more, total, since?.cursor, since?.link, since?.more];
  return [...paths, ...error].every((given) => {
    const path = typeof given === "object" && given !== null && "path" in given
      ? given.path
      : given;
    return typeof path !== "string" || isAtEnd(path);
  });
}

/** Whether a path leads to a header, to the first or the last line, or to nothing that a list has. */
function isAtEnd(path: string): boolean {
  const { root, steps: [first] } = parsePath(path);
  return root === "header" || typeof first === "string" || first === 0 || first === -1;
}
