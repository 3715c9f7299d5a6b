// Owns secrets: whether a key of a job holds one (secret_paths.ts lists them), and how their values are read
// when they are needed. In a job they stay strings such as `${API_TOKEN}`; only readSecret returns a value, so
// a job can be printed, stored and explained without exposing one.
import { Failure } from "../../failure.ts";
import { type Env, envReferences, substituteEnv } from "../yaml/env.ts";
import { SECRET_PATHS, type SecretPath } from "../job/secret_paths.ts";
import type { Job } from "./job.ts";

/** The secret path that a path matches; undefined for any other key. */
export function secretAt(path: readonly PropertyKey[]): SecretPath | undefined {
  return SECRET_PATHS.find(({ keys }) =>
    keys.length === path.length && keys.every((key, index) => key === "*" || key === path[index])
  );
}

/** Whether secrets go under this key, so that a string in its place may be one. */
export function isAboveSecrets(path: readonly PropertyKey[]): boolean {
  return path.length > 1 && SECRET_PATHS.some(({ keys }) =>
    keys.length > path.length &&
    path.every((key, index) => keys[index] === "*" || keys[index] === key)
  );
}

/** Why a string cannot be used as a secret, or undefined if it can. */
export function secretProblem(text: string, secret: SecretPath): string | undefined {
  const references = envReferences(text);
  const broken = references.find(({ name }) => name === undefined);
  if (broken !== undefined) return "expected a variable such as ${API_TOKEN}";
  // One character is a placeholder that some APIs require next to the real secret, never a secret.
  if (secret.literal || text.length < 2) return undefined;
  if (references.length === 0) {
    return "a secret must not be written in a job file; expected a variable such as ${API_TOKEN}";
  }
  return references.some(({ fallback }) => fallback !== undefined && fallback.length > 1)
    ? "a secret must not be written in a job file, not even as a default"
    : undefined;
}

/**
 * The value of a secret of a job.
 *
 * @throws {Failure} of kind `configuration` that names the variable if it is not set and has no default.
 */
export function readSecret(text: string, env: Env): string {
  const { text: value, missing } = substituteEnv(text, env);
  const [first] = missing;
  if (first === undefined) return value;
  throw new Failure(
    "configuration",
    `Cannot read a secret: the variable "${first.name ?? first.text}" is not set`,
    { hint: `Set ${first.name ?? "it"} in the environment or in .env.local` },
  );
}

/**
 * Refuses a secret whose value is empty, unless the job writes `${NAME:-}` or no variable at all.
 *
 * @throws {Failure} of kind `configuration` that names the variable.
 */
export function refuseEmpty(text: string): void {
  const required = envReferences(text).find(({ fallback }) => fallback === undefined)?.name;
  if (required === undefined) return;
  throw new Failure("configuration", `Cannot read a secret: the variable "${required}" is empty`, {
    hint:
      `Set ${required} in .env.local, or write "\${${required}:-}" in the job if it may be empty`,
  });
}

/** Names of variables that are treated as secrets wherever a job uses them, including URLs. */
const SECRET_NAME =
  /key|token|secret|passw|credential|(?<![a-z])(pat|dsn|auth|pin|pwd|jwt|sas|sig(nature)?)(?![a-z])/i;

/** Whether a variable has the name of a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** The password in the value of a variable such as `API_URL`, which may be shown otherwise. */
function urlPassword(name: string, value: string): string[] {
  if (!/ur[il]$/i.test(name) || !URL.canParse(value)) return [];
  const { username, password } = new URL(value);
  return password === "" ? [] : [password, decodeURIComponent(password), `${username}:${password}`];
}

/**
 * The values to mask: those of variables in secret keys and of variables with the name of a secret, and
 * `user:password` pairs, whose base64 HTTP Basic sends. A string written in the file is not a secret.
 */
export function secretValues(
  job: Pick<Job, "source" | "usedVariables" | "notify">,
  env: Env,
): string[] {
  const values = new Set<string>();
  for (const name of job.usedVariables ?? []) {
    const value = env(name) ?? "";
    for (const secret of isSecretName(name) ? [value] : urlPassword(name, value)) {
      values.add(secret);
    }
  }
  for (const text of [...secretTexts(job.source.auth), ...secretTexts(job.notify?.url)]) {
    const references = envReferences(text);
    for (const { name } of references) if (name !== undefined) values.add(env(name) ?? "");
    if (references.length > 0) values.add(substituteEnv(text, env).text);
  }
  const { basic, oauth2 } = job.source.auth ?? {};
  for (
    const pair of [[basic?.username, basic?.password], [oauth2?.client_id, oauth2?.client_secret]]
  ) {
    const [user, password] = pair.map((text) => substituteEnv(text ?? "", env).text);
    if (password !== "") values.add(`${user}:${password}`);
  }
  values.delete("");
  return [...values];
}

function secretTexts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(secretTexts);
}
