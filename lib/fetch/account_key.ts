// Owns by what an account of an API is known where its limits are kept: a hash of the API's origin and of the
// credentials. Invariant: it follows from the job and its variables alone, and reveals none of them.
import { createHash } from "node:crypto";
import type { Env } from "../config/yaml/env.ts";
import type { Job } from "../config/schema/job.ts";
import { readSecret } from "../config/schema/secret.ts";
import { credentialsOf } from "./http/auth.ts";

/**
 * The key of the account that a job uses.
 *
 * @throws {Failure} of kind `configuration` where a variable is not set.
 */
export function accountKey({ source }: Job, env: Env): string {
  const { auth, url } = source;
  const secret = (text: string) => readSecret(text, env);
  const client = auth?.oauth2 === undefined
    ? []
    : [auth.oauth2.token_url, secret(auth.oauth2.client_id)];
  const identity = JSON.stringify([credentialsOf(auth, secret), client]);
  return createHash("sha256").update(`${new URL(url).origin} ${identity}`).digest("hex");
}
