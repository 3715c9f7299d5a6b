// Owns the demo: it starts the sandbox and the embedded database, backfills the last 14 days and verifies
// them. It uses only ./data/demo, which it deletes first.
import type { RunOptions } from "../run_options.ts";
import { civilAt, formatDay, MINUTES_PER_DAY } from "../../plan/time/civil.ts";
import { EXIT, printError } from "../exit.ts";
import { openJob, openStores } from "../open_job.ts";
import { performRun } from "../perform_run.ts";
import { Screen } from "../screen.ts";
import { StopSignal } from "../signals.ts";
import { newRunId } from "../../run.ts";
import { startSandbox } from "../../sandbox/server.ts";
import { asStarted } from "../own_commands.ts";
import { IS_BUNDLED, packageFile } from "../package_files.ts";
import { verifyJob } from "../verify_job.ts";

/** Number of days to backfill. */
const DAYS = 14;

/** Folder of the demo. */
const FOLDER = "./data/demo";

/** Runs the demo; resolves to the exit code. `verbose` adds stack traces to errors. */
export async function demo(verbose: boolean): Promise<number> {
  removeFolder(FOLDER);
  using screen = new Screen(Deno.stdout);
  using stop = new StopSignal(() => screen.say("stopping"));
  await using sandbox = await startSandbox({});
  screen.say(`sandbox of The Racing API at ${sandbox.url}, embedded database in ${FOLDER}/db`);
  const env = (name: string) => sandboxEnv(sandbox)[name] ?? Deno.env.get(name);
  const job = await openJob(packageFile("config/racing.yaml"), env);
  await screen.follow(job);
  screen.begin();
  await using stores = await openStores();
  const run = newRunId(Date.now());
  const holder = { run, host: Deno.hostname(), pid: Deno.pid };
  await using _lock = await stores.target.lock(job.job, holder);
  const { summary, error } = await performRun({
    job,
    options: lastDays(job.time_zone),
    resume: false,
    target: stores.target,
    checkpoint: await stores.checkpoint(job, true),
    logsFolder: stores.settings.logsFolder,
    run,
    show: (event) => screen.show(event),
    signal: stop.signal,
    env,
  });
  screen[Symbol.dispose]();
  if (error !== undefined && summary.outcome !== "interrupted") {
    printError(error, verbose);
  }
  if (summary.outcome === "interrupted") return EXIT.interrupted;
  if (!summary.ok) return EXIT.failed;
  console.log("");
  const verified = await verifyJob(job, stores);
  console.log(
    asStarted(IS_BUNDLED ? `${END}\n${NEW}${NEXT}` : `${END}\nnext   ${NEXT}`, undefined),
  );
  return verified ? EXIT.done : EXIT.failed;
}

const END = `
This was the sandbox. Its data is in ${FOLDER}; the next demo replaces it.`;

/** The step before NEXT outside the repository, which has the job of the demo. */
const NEW = `next   deno task new racing --from racing
       cd racing
       `;

const NEXT =
  `put RACING_API_USERNAME and RACING_API_PASSWORD into .env.local, and DATABASE_URL=postgres://...
       deno task doctor
       deno task backfill --check-status --start-date 2015-01-01
       deno task backfill --start-date 2015-01-01`;

function sandboxEnv(sandbox: { url: string; username: string; password: string }) {
  return {
    RACING_API_URL: sandbox.url,
    RACING_API_USERNAME: sandbox.username,
    RACING_API_PASSWORD: sandbox.password,
  } as Record<string, string | undefined>;
}

function lastDays(timeZone: string): RunOptions {
  const today = civilAt(Date.now(), timeZone);
  return {
    start: formatDay(today - DAYS * MINUTES_PER_DAY),
    end: formatDay(today - MINUTES_PER_DAY),
    groups: [],
    only: [],
    with: [],
    without: [],
    params: {},
  };
}

function removeFolder(folder: string): void {
  try {
    Deno.removeSync(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
