// Owns what `errors` recommends: commands that fetch again what it lists. `--resume` alone takes over the
// parameters of the last run; each entry with other parameters gets a separate command, and entries that no
// run can fetch any longer are reported as such.
import type { Checkpoint } from "../../checkpoint/checkpoint.ts";
import type { RetryEntry } from "../../checkpoint/retry_entry.ts";
import type { Job } from "../../config/schema/job.ts";
import { defaultParams } from "../../config/schema/params.ts";
import { scopeOf } from "../../plan/scope.ts";
import { resumeCommand } from "../../verify/resume_command.ts";

/** Commands printed at most; each covers a stream with its parameters. */
const COMMANDS_SHOWN = 8;

/** The lines that say how to fetch entries again. */
export async function retryLines(
  job: Job,
  checkpoint: Checkpoint,
  entries: readonly RetryEntry[],
): Promise<string[]> {
  const last = await checkpoint.runs.lastBackfill();
  const params = {
    ...defaultParams(job.params),
    ...last?.options.params as Record<string, unknown> | undefined,
  };
  const known = entries.filter(({ stream }) => Object.hasOwn(job.streams, stream));
  const isResumed = ({ stream, scope }: RetryEntry) => scopeOf(job, stream, params) === scope;
  const commands = new Set<string>();
  if (last !== undefined && known.some(isResumed)) commands.add("deno task backfill --resume");
  for (const entry of known) {
    if (last !== undefined && isResumed(entry)) continue;
    commands.add(resumeCommand(entry.stream, entry.scope, entry.window));
  }
  const shown = [...commands].slice(0, COMMANDS_SHOWN).map((command) => `next   ${command}`);
  const more = commands.size - shown.length;
  return [
    ...shown,
    ...more > 0 ? [`and ${more} more commands, for other dates or parameters`] : [],
    ...known.length < entries.length
      ? [
        "next   deno task errors --clear, which removes those of streams that the job no longer has",
      ]
      : [],
  ];
}
