// Owns references to environment variables in the texts of a job file: `${NAME}`, `${NAME:-default}`,
// and `$${` for a literal `${`. It never reads the environment itself: a lookup is passed in.

/** Looks a variable up; undefined where it is not set. */
export type Env = (name: string) => string | undefined;

/** A `${...}` of a text. */
export interface EnvReference {
  /** Name of the variable; undefined where the reference cannot be read. */
  readonly name: string | undefined;
  /** What stands after `:-`; undefined without it. */
  readonly fallback: string | undefined;
  /** The reference as it is written. */
  readonly text: string;
}

const REFERENCE = /\$\$\{|\$\{([^}]*)\}?/g;
const INNER = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

/** The references of a text, in order; `$${` is none. */
export function envReferences(text: string): EnvReference[] {
  return [...text.matchAll(REFERENCE)].filter(([all]) => all !== "$${").map(([all, inner = ""]) => {
    const [, name, fallback] = all.endsWith("}") ? INNER.exec(inner) ?? [] : [];
    return { name, fallback, text: all };
  });
}

/** The value of a reference: the default also stands in for a variable that is set but empty. */
export function envValue(reference: EnvReference, env: Env): string | undefined {
  if (reference.name === undefined) return undefined;
  const value = env(reference.name);
  return reference.fallback === undefined ? value : value || reference.fallback;
}

/** The text with its references replaced, and those that have no value. */
export function substituteEnv(
  text: string,
  env: Env,
): { text: string; missing: EnvReference[] } {
  const references = envReferences(text);
  const missing: EnvReference[] = [];
  const replaced = text.replace(REFERENCE, (all) => {
    if (all === "$${") return "${";
    const reference = references.shift();
    const value = reference === undefined ? undefined : envValue(reference, env);
    if (value === undefined && reference !== undefined) missing.push(reference);
    return value ?? "";
  });
  return { text: replaced, missing };
}
