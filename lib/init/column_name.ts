// Owns names: how the names of an API become names of jobs, tables and columns. Pure. Invariant: a job file accepts
// every name it returns.

const LONGEST = 63;

/**
 * A name in snake case.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(["runnerId", "Runner-ID", "runner id"].map(snakeCase), Array(3).fill("runner_id"));
 * assertEquals(snakeCase("2nd XMLName"), "n_2nd_xml_name");
 * ```
 */
export function snakeCase(text: string): string {
  const name = text.normalize("NFKD").replace(/\p{M}+/gu, "")
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .toLowerCase();
  const usable = name === "" ? "value" : /^\d/.test(name) ? `n_${name}` : name;
  return usable.slice(0, LONGEST).replace(/_+$/, "");
}

/** The name, or the first of `name_2`, `name_3`, ... that is not taken; marks it as taken. */
export function freeName(name: string, taken: Set<string>): string {
  let free = name;
  for (let n = 2; taken.has(free); n++) free = `${name.slice(0, LONGEST - 5)}_${n}`;
  taken.add(free);
  return free;
}

/** The singular of a name in the plural: `races`, `categories`, `boxes`. */
export function singular(name: string): string {
  if (/(ss|us|is)$/.test(name)) return name;
  if (/ies$/.test(name)) return name.replace(/ies$/, "y");
  if (/(ch|sh|x|z|s)es$/.test(name)) return name.replace(/es$/, "");
  return name.replace(/s$/, "");
}
