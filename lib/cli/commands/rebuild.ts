// Owns `checkpoint --rebuild`: it restores coverage from what the target recorded with the rows. A file that
// cannot be read is kept under another name.
import type { Job } from "../../config/schema/job.ts";
import { Failure } from "../../failure.ts";
import { EXIT } from "../exit.ts";
import { env, onWait, print } from "../open_job.ts";
import { catchUp } from "../../checkpoint/catch_up.ts";
import { Checkpoint } from "../../checkpoint/checkpoint.ts";
import { moveAside } from "../../checkpoint/kv_file.ts";
import { openKv, REBUILD } from "../../checkpoint/open_kv.ts";
import { type Restored, restoredOf } from "../../checkpoint/restored.ts";
import { formatCount, formatNumber } from "../../report/text/format.ts";
import { openTarget } from "../../upsert/open_target.ts";
import { fitTable } from "../lines/fit_table.ts";
import { readSettings } from "../settings.ts";
import { widthOf } from "../terminal/fit_text.ts";

/** Restores the checkpoint of a job and prints what was restored; resolves to the exit code. */
export async function rebuild(job: Job, json: boolean): Promise<number> {
  const settings = readSettings(env);
  await using target = await openTarget(settings.databaseUrl, { onWait });
  const holder = { run: "checkpoint --rebuild", host: Deno.hostname(), pid: Deno.pid };
  await using _lock = await target.lock(job.job, holder);
  const { kv, moved } = await openOrReplace(settings.kvPath);
  using _kv = kv;
  const checkpoint = new Checkpoint(kv, target.id, job.job);
  const input = { job: job.job, checkpoint, target };
  const logs = await catchUp(input, { isStored: true, fromZero: true });
  const entries = await checkpoint.retryEntries();
  const streams = restoredOf(job, logs, entries);
  const failed = entries.filter(({ kind }) => kind === "failed").length;
  if (json) console.log(JSON.stringify({ target: target.label, moved, streams }));
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
      ...fitTable([["stream", "dates", "windows", "with rejected rows"], ...rows], {
        ...{ width: widthOf(Deno.stdout), indent: 2, drop: ["windows"] },
      }),
    ];
  return [
    ...(moved === null ? [] : [`the checkpoint could not be read; it is now ${moved}`]),
    ...restored,
    ...(rows.length === 0 ? [] : [
      `Runs and measurements are restored too. --resume fetches ${
        formatCount(failed, "failed window")
      } and the windows with rejected rows again.`,
    ]),
    "",
    `next   deno task ${rows.length === 0 ? "backfill" : again ? "backfill --resume" : "verify"}`,
  ];
}
