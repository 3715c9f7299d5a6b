// Checks whether the credentials of a job are set. It reports names of variables, never a value; only a
// request shows whether the API accepts them.
import { type Env, envReferences } from "../config/yaml/env.ts";
import type { Job } from "../config/schema/job.ts";
import { fine, type Item, problem } from "./item.ts";

/** Checks the variables that hold the credentials of a job. */
export function examineCredentials(job: Job, env: Env): Item {
  const references = envReferences(JSON.stringify(job.source.auth ?? {}));
  const names = (keep: (name: string, fallback: string | undefined) => boolean) => [
    ...new Set(
      references.flatMap(({ name, fallback }) =>
        name !== undefined && keep(name, fallback) ? [name] : []
      ),
    ),
  ];
  const isSet = (name: string) => (env(name) ?? "") !== "";
  const missing = names((name, fallback) => fallback === undefined && !isSet(name));
  if (missing.length > 0) {
    const values = missing.map((name) => `${name}=...`).join(" and ");
    return problem("credentials", `${listed(missing)} not set`, `Put ${values} into .env.local`);
  }
  const set = names((name) => isSet(name));
  const spared = names((name) => !isSet(name));
  const parts = [
    ...(set.length > 0 ? [`${listed(set)} set`] : []),
    ...(spared.length > 0 ? [`${listed(spared)} not set, which the job permits`] : []),
  ];
  return fine("credentials", parts.join("; ") || "the job sends none");
}

function listed(names: readonly string[]): string {
  return `${names.join(", ")} ${names.length === 1 ? "is" : "are"}`;
}
