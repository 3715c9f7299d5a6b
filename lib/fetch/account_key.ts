// Identifies an account of an API in the table of limits: by a hash of the API's origin and the credentials.
// Invariant: the hash depends only on the job and its variables, and reveals none of them.
import { createHash } from "node:crypto";
import type { Env } from "../config/yaml/env.ts";
import type { Auth } from "../config/job/auth.ts";
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
  const identity = JSON.stringify([credentialsOf(auth, secret), accountOf(auth, secret)]);
  return createHash("sha256").update(`${new URL(url).origin} ${identity}`).digest("hex");
}

/** The beginning of an account's key, by which the record of a run names the account; it is too short to check a guessed password by. */
export function accountName(key: string): string {
  return key.slice(0, 6);
}

/** What distinguishes the account from others at the API, in addition to the credentials that are sent unchanged. */
function accountOf(auth: Auth | undefined, secret: (text: string) => string): string[] {
  const { oauth2, login, jwt, digest, aws, hmac } = auth ?? {};
  return [
    ...oauth2 === undefined ? [] : [oauth2.token_url, secret(oauth2.client_id)],
    ...login === undefined ? [] : [
      login.url,
      ...Object.values({ ...login.headers, ...login.form, ...login.body }).map(secret),
    ],
    ...jwt === undefined ? [] : Object.values(jwt.claims).map(secret),
    ...digest === undefined ? [] : [secret(digest.username)],
    ...aws === undefined ? [] : [secret(aws.access_key_id), aws.region, aws.service],
    ...hmac === undefined ? [] : [secret(hmac.secret)],
  ];
}
