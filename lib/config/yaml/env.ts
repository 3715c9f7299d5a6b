// Owns references to environment variables in the strings of a job file: `${NAME}`, `${NAME:-default}`,
// and `$${` for a literal `${`. It never reads the environment itself: a lookup is passed in.

/** Looks up a variable; undefined if it is not set. */
export type Env = (name: string) => string | undefined;

/** A `${...}` in a string. */
export interface EnvReference {
  /** Name of the variable; undefined if the reference is malformed. */
  readonly name: string | undefined;
  /** The default after `:-`; undefined if there is none. */
  readonly fallback: string | undefined;
  /** The reference as written. */
  readonly text: string;
}

const REFERENCE = /\$\$\{|\$\{([^}]*)\}?/g;
const INNER = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

/** The references in a string, in order; `$${` is not one. */
export function envReferences(text: string): EnvReference[] {
  return [...text.matchAll(REFERENCE)].filter(([all]) => all !== "$${").map(([all, inner = ""]) => {
    const [, name, fallback] = all.endsWith("}") ? INNER.exec(inner) ?? [] : [];
    return { name, fallback, text: all };
  });
}

/** The value of a reference; the default also replaces a variable that is set but empty. */
function envValue(reference: EnvReference, env: Env): string | undefined {
  if (reference.name === undefined) return undefined;
  const value = env(reference.name);
  return reference.fallback === undefined ? value : value || reference.fallback;
}

/** The string with its references replaced, and the references that have no value. */
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
