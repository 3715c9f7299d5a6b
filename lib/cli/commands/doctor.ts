// Owns the checks of `doctor`, in the order in which one explains the next, and how each is shown. It sends
// one request to the API and leaves nothing behind.
import { quoted } from "../own_commands.ts";
import { openLimitStore } from "../limit_store.ts";
import { hideSecret } from "../output.ts";
import { examineApi } from "../../doctor/examine_api.ts";
import type { Job } from "../../config/schema/job.ts";
import { EXIT } from "../exit.ts";
import { env, openJob, print } from "../open_job.ts";
import { StopSignal } from "../signals.ts";
import { plainHttpProblem, weakSecrets } from "../../config/exposure.ts";
import { formatCount } from "../../report/text/format.ts";
import { readSettings } from "../settings.ts";
import { ConfigurationFailure } from "../../config/yaml/problem.ts";
import { examineCheckpoint } from "../../doctor/examine_checkpoint.ts";
import { examineCredentials } from "../../doctor/examine_credentials.ts";
import { examineTarget } from "../../doctor/examine_target.ts";
import { advice, fine, type Item, problem, problemOf } from "../../doctor/item.ts";
import { monotonicClock } from "../../fetch/rate/clock.ts";
import { examineDeno, examineFiles, examineLogs, examinePermissions } from "../doctor_process.ts";

/** Runs the checks on a job file and what it needs; resolves to the exit code. */
export async function doctor(file: string, json: boolean): Promise<number> {
  using stop = new StopSignal(() => {});
  const items: Item[] = [];
  for await (const item of examine(file, stop.signal)) {
    items.push(item);
    if (!json) print(itemLines(item).join("\n"));
    if (stop.signal.aborted) return EXIT.interrupted;
  }
  const problems = items.filter((item) => !item.ok).length;
  if (json) console.log(JSON.stringify({ ok: problems === 0, items }));
  else print(`\n${lastLine(problems)}`);
  return problems === 0 ? EXIT.done : EXIT.failed;
}

/** The checks, in the order in which one explains the next. */
async function* examine(file: string, signal: AbortSignal): AsyncGenerator<Item> {
  const settings = readSettings(env);
  yield examineDeno(Deno.version.deno);
  yield examinePermissions();
  const job = await readOrUndefined(file);
  yield job.item;
  if (job.job !== undefined) yield* examineAccess(job.job, signal);
  yield* await examineTarget(settings.databaseUrl, signal, job.job?.tables);
  yield await examineCheckpoint(settings.kvPath);
  yield examineLogs(settings.logsFolder);
  yield examineFiles(settings);
}

async function readOrUndefined(file: string): Promise<{ job: Job | undefined; item: Item }> {
  try {
    const job = await openJob(file);
    const streams = formatCount(Object.keys(job.streams).length, "stream");
    const tables = formatCount(Object.keys(job.tables).length, "table");
    return { job, item: fine("job", `${file}: ${job.job}, ${streams}, ${tables}`) };
  } catch (error) {
    if (!(error instanceof ConfigurationFailure)) {
      return { job: undefined, item: problemOf("job", error, "See docs/config.md") };
    }
    const count = formatCount(error.problems.length, "problem");
    const first = error.problems[0]?.message ?? "";
    const found = `${file}: ${count}, the first: ${first}`;
    return { job: undefined, item: problem("job", found, `deno task check ${quoted(file)}`) };
  }
}

async function* examineAccess(job: Job, signal: AbortSignal): AsyncGenerator<Item> {
  const credentials = examineCredentials(job, env);
  yield credentials;
  for (const [host, names] of job.sentVariables ?? []) {
    yield fine("sent", `${names.join(", ")} to ${host}`);
  }
  const plain = plainHttpProblem(job);
  if (plain !== undefined) yield advice("network", plain, "Use the https URL of the API");
  const weak = weakSecrets(job, env);
  if (weak.length > 0) {
    const found = `${weak.join(", ")} cannot be masked in logs: short, or a plain word`;
    yield advice("secrets", found, "Use a longer, random secret");
  }
  if (!credentials.ok) {
    yield problem("api", "no request sent, because credentials are missing", "Set them first");
    return;
  }
  const clock = monotonicClock();
  const { databaseUrl } = readSettings(env);
  // The check of the database reports why it cannot be opened.
  const limits = { databaseUrl, creates: false, signal, say: () => {} };
  await using shared = await openLimitStore(job, limits);
  yield* await examineApi(job, {
    env,
    onSecret: hideSecret,
    limitStore: shared.limitStore,
    tokenStore: shared.tokenStore,
    noWait: true,
    clock,
    wallNow: Date.now,
    random: Math.random,
    signal,
    onEvent: () => {},
  });
}

function itemLines({ name, ok, found, do: todo }: Item): string[] {
  const lines = [`${ok ? "ok     " : "problem"}  ${name.padEnd(11)}  ${found}`];
  return todo === null ? lines : [...lines, `           do: ${todo}`];
}

function lastLine(problems: number): string {
  if (problems > 0) {
    return `${formatCount(problems, "problem")}; fix them, then try again: deno task doctor`;
  }
  return "next   deno task backfill --check-status";
}
