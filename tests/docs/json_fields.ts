// Owns the comparison of JSON with the tables of its fields: the paths of every value of a response, and
// the paths that a section of a page names. Pure.

/** Objects whose keys are names of streams, tables, parameters or headers. */
const NAMED: readonly (readonly [path: RegExp, stands: string])[] = [
  [/^streams$|params$|headers$/, "<name>"],
  [/^tables$|^rows$|summary\.rows$/, "<table>"],
];

/** The paths of all values: `a.b`, `list[].c`, `streams.<name>.d`; the more exact where values differ. */
export function fieldsOf(values: readonly unknown[]): Set<string> {
  const all = new Set(values.flatMap((value) => [...paths(value, "")]));
  const isContainer = (path: string) =>
    [...all].some((other) => other.startsWith(`${path}.`) || other.startsWith(`${path}[]`));
  return new Set([...all].filter((path) => !isContainer(path)));
}

function* paths(value: unknown, path: string): Generator<string> {
  if (Array.isArray(value) && value.some((item) => isObject(item))) {
    for (const item of value) yield* paths(item, `${path}[]`);
  } else if (isObject(value) && Object.keys(value).length > 0) {
    const named = NAMED.find(([pattern]) => pattern.test(path))?.[1];
    for (const [key, inner] of Object.entries(value)) {
      yield* paths(inner, path === "" ? named ?? key : `${path}.${named ?? key}`);
    }
  } else yield path;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The fields that the first column of a section's table names, as they stand. */
export function fieldsNamed(section: string): string[] {
  return section.split("\n").flatMap((line) => {
    const [, first] = /^\| (`[^|]*?`) *\|/.exec(line) ?? [];
    return [...(first ?? "").matchAll(/`([^`]+)`/g)].map((match) => match[1]!);
  });
}
