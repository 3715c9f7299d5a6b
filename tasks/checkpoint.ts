// `deno task checkpoint --rebuild`: restores coverage from what the target recorded with the rows, for a
// checkpoint that was lost, deleted or damaged. A file that cannot be read is kept under another name.
import { JOB_ABOUT } from "../lib/cli/default_job.ts";
import { Checkpoint } from "../lib/checkpoint/checkpoint.ts";
import { moveAside } from "../lib/checkpoint/kv_file.ts";
import { openKv, REBUILD } from "../lib/checkpoint/open_kv.ts";
import { restoreCoverage, type Restored } from "../lib/checkpoint/restore.ts";
import { Failure } from "../lib/failure.ts";
import { formatCount, formatNumber, formatTable } from "../lib/report/text/format.ts";
import { openTarget } from "../lib/upsert/open_target.ts";
import { helpText, readArguments } from "../lib/cli/arguments.ts";
import type { Flags } from "../lib/cli/arguments.ts";
import { EXIT, runCommand } from "../lib/cli/exit.ts";
import { env, jobFileOf, onWait, openJob, print } from "../lib/cli/open_job.ts";
import { readSettings } from "../lib/cli/settings.ts";

const ABOUT = "Restores a checkpoint that was lost or damaged from what the database recorded.";

const FLAGS: Flags = {
  rebuild: { kind: "switch", about: "Replace coverage with what the database can prove." },
  config: { kind: "value", value: "FILE", about: JOB_ABOUT },
  json: { kind: "switch", about: "Print one JSON object: {target, moved, streams}." },
};

if (import.meta.main) await runCommand(main);

async function main(argv: string[]): Promise<number> {
  const args = readArguments(argv, FLAGS);
  if (args.has("help")) {
    console.log(helpText("checkpoint --rebuild [options]", ABOUT, FLAGS));
    return EXIT.done;
  }
  if (!args.has("rebuild")) {
    throw new Failure("configuration", "Cannot run checkpoint: --rebuild is not given", {
      hint: "Replace coverage with what the database can prove: deno task checkpoint --rebuild; " +
        "see it with deno task status",
    });
  }
  const job = await openJob(jobFileOf(argv));
  const settings = readSettings(env);
  await using target = await openTarget(settings.databaseUrl, { onWait });
  const holder = { run: "checkpoint --rebuild", host: Deno.hostname(), pid: Deno.pid };
  await using _lock = await target.lock(job.job, holder);
  const { kv, moved } = await openOrReplace(settings.kvPath);
  using _kv = kv;
  const checkpoint = new Checkpoint(kv, target.id, job.job);
  const streams = await restoreCoverage({ job, checkpoint, target });
  const entries = await checkpoint.retryEntries();
  const failed = entries.filter(({ kind }) => kind === "failed").length;
  if (args.has("json")) console.log(JSON.stringify({ target: target.label, moved, streams }));
  else print(lines(target.label, moved, streams, failed).join("\n"));
  return EXIT.done;
}

/** Opens the store; a file that cannot be read is moved aside, and a new one begun. */
async function openOrReplace(
  path: string | undefined,
): Promise<{ kv: Deno.Kv; moved: string | null }> {
  try {
    return { kv: await openKv(path), moved: null };
  } catch (error) {
    if (path === undefined || !(error instanceof Failure) || error.hint !== REBUILD) throw error;
    const moved = moveAside(path, Date.now());
    return { kv: await openKv(path), moved };
  }
}

function lines(
  label: string,
  moved: string | null,
  streams: Readonly<Record<string, Restored>>,
  failed: number,
): string[] {
  const rows = Object.entries(streams).map(([name, { windows, days, rejected }]) => [
    name,
    days === null ? "fetched" : [...new Set(days)].join(" .. "),
    formatNumber(windows),
    formatNumber(rejected),
  ]);
  const again = failed > 0 || Object.values(streams).some(({ rejected }) => rejected > 0);
  const restored = rows.length === 0
    ? [`nothing to restore: ${label} has no record of a window of this job`]
    : [
      `restored from ${label}`,
      ...formatTable([["stream", "dates", "windows", "with rejected rows"], ...rows], "  "),
    ];
  return [
    ...(moved === null ? [] : [`the checkpoint could not be read; it is now ${moved}`]),
    ...restored,
    ...(rows.length === 0 ? [] : [
      `Runs and measures are restored too. --resume fetches again what failed (${
        formatCount(failed, "window")
      }) and windows with rejected rows.`,
    ]),
    "",
    `next   deno task ${rows.length === 0 ? "backfill" : again ? "backfill --resume" : "verify"}`,
  ];
}
