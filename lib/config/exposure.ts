// Finds credentials of a job that would be exposed: sent over plain http to another machine, or too weak to
// be masked in logs. Pure; it reports sentences without secrets.
import { isWeakSecret } from "../report/text/mask.ts";
import type { Job } from "./schema/job.ts";
import { isSecretName } from "./schema/secret.ts";
import { type Env, envReferences } from "./yaml/env.ts";

/** Why the credentials of a job can be read on the network, or undefined if they cannot. */
export function plainHttpProblem(job: Job): string | undefined {
  const { url, auth } = job.source;
  const urls = [
    ...(sendsSecrets(job) ? [url] : []),
    ...issuersOf(auth),
  ];
  const exposed = urls.find((text) => isPlainHttp(text));
  return exposed === undefined
    ? undefined
    : `credentials are sent unencrypted to ${new URL(exposed).host}; use https`;
}

/** URLs that receive credentials and issue tokens. */
function issuersOf(auth: Job["source"]["auth"]): string[] {
  return [auth?.oauth2?.token_url, auth?.jwt?.token_url, auth?.login?.url]
    .filter((url) => url !== undefined);
}

/** Names of variables with secrets that logs cannot mask everywhere, because they are short or plain words. */
export function weakSecrets(job: Job, env: Env): string[] {
  const inAuth = envReferences(JSON.stringify(job.source.auth ?? {})).map(({ name }) => name);
  const user = envReferences(job.source.auth?.basic?.username ?? "").map(({ name }) => name);
  return (job.usedVariables ?? []).filter((name) => {
    const value = env(name) ?? "";
    const isSecret = inAuth.includes(name) && !user.includes(name) || isSecretName(name);
    return isSecret && value.length > 1 && isWeakSecret(value);
  });
}

function sendsSecrets({ source, usedVariables = [] }: Job): boolean {
  const auth = source.auth;
  const isSent = auth !== undefined && Object.keys(auth).length > 0;
  return isSent || usedVariables.some(isSecretName);
}

function isPlainHttp(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === "http:" &&
    !/^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/i.test(hostname);
}
