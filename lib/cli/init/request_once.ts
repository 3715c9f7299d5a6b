// Sends the one request of `init`, on a terminal and after the user allowed it. A response that cannot be used is
// reported, and the questions continue without it.
import { Failure } from "../../failure.ts";
import { StopSignal } from "../signals.ts";
import { monotonicClock } from "../../fetch/rate/clock.ts";
import { hideSecret, hideSecrets } from "../output.ts";
import { oneLine } from "../../report/text/format.ts";
import { parseEnv } from "node:util";
import type { InitAnswers } from "../../init/job_draft.ts";
import { credentialsOf, type FirstResponse, firstResponse } from "./first_response.ts";

/** The first response of an API, if the user allows the request; without one the questions continue. */
export async function requestOnce(answers: InitAnswers): Promise<FirstResponse | undefined> {
  const { host } = new URL(answers.url!);
  const settings = envFile();
  const env = (name: string) => settings[name];
  hideSecrets(credentialsOf(answers).map((name) => env(name) ?? ""));
  const missing = credentialsOf(answers).filter((name) => (env(name) ?? "") === "");
  if (missing.length > 0) {
    console.log(`  ${missing.join(" and ")} not set in .env.local: no request is sent`);
    return undefined;
  }
  if (!/^(y|yes|)$/i.test(prompt(`Send a request to ${host} for proposals? y or n [y]:`) ?? "n")) {
    return undefined;
  }
  const permission = await Deno.permissions.request({ name: "net", host });
  if (permission.state !== "granted") return undefined;
  using stop = new StopSignal(() => {});
  const clock = monotonicClock();
  const outer = { wallNow: Date.now, random: Math.random, signal: stop.signal };
  try {
    return await firstResponse(answers, {
      env,
      onSecret: hideSecret,
      clock,
      ...outer,
      onEvent: () => {},
    });
  } catch (error) {
    if (!(error instanceof Failure) || stop.signal.aborted) throw error;
    console.log(oneLine(`  ${error.message}${error.hint === undefined ? "" : `; ${error.hint}`}`));
    return undefined;
  }
}

/** The variables of `.env.local`; none where it cannot be read. */
function envFile(): Record<string, string | undefined> {
  try {
    return parseEnv(Deno.readTextFileSync(".env.local").replace(/^\uFEFF/, ""));
  } catch {
    return {};
  }
}
