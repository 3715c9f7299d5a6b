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
  const settings = allowed(credentialsOf(answers), host);
  if (settings === undefined) return undefined;
  const env = (name: string) => settings[name];
  hideSecrets(credentialsOf(answers).map((name) => env(name) ?? ""));
  const permission = await Deno.permissions.request({ name: "net", host });
  if (permission.state !== "granted") {
    console.log("  permission denied: no request is sent");
    return undefined;
  }
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

/** The settings with the credentials of the request, if the user allows it; the user may first have to set them. */
function allowed(names: readonly string[], host: string): Settings | undefined {
  for (;;) {
    const missing = names.filter((name) => (envFile()[name] ?? "") === "");
    const condition = missing.length === 0
      ? ""
      : `First set ${missing.join(" and ")} in .env.local of this folder. `;
    const answer = prompt(`${condition}Send a request to ${host} for proposals? y or n [y]:`);
    if (!/^(y|yes|)$/i.test(answer?.trim() ?? "n")) return undefined;
    const settings = envFile();
    if (names.every((name) => (settings[name] ?? "") !== "")) return settings;
  }
}

type Settings = Readonly<Record<string, string | undefined>>;

/** The variables of `.env.local`; none where it cannot be read. */
function envFile(): Settings {
  try {
    return parseEnv(Deno.readTextFileSync(".env.local").replace(/^\uFEFF/, ""));
  } catch {
    return {};
  }
}
