// Owns the files that a run writes into the logs folder: a log, the errors and a readable copy of the
// checkpoint, one of each per group. They are for display and scripts; Hindcast never reads them back.
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { snapshot, viewEntry } from "../checkpoint/snapshot.ts";
import type { Job } from "../config/schema/job.ts";
import type { RunEvent } from "../report/event.ts";
import { logLines, streamOf } from "../report/log_line.ts";
import { createFolder, makePrivate } from "../owner_only.ts";
import { safeText } from "./output.ts";

/** Logs and copies may contain records of the API: only their owner may read them. */
const OWNER_ONLY = 0o600;

/** Time between two copies of the checkpoint during a run. */
const COPY_EVERY_MS = 30_000;

/** The files of one run. */
export class RunFiles implements Disposable {
  readonly #folder: string;
  readonly #job: Job;
  readonly #groups: readonly string[];
  readonly #logs = new Map<string, Deno.FsFile>();
  readonly #encoder = new TextEncoder();
  #copiedAtMs = -Infinity;

  /** Opens a log per group; a missing folder is created. `time` is part of the names of the files. */
  constructor(folder: string, job: Job, streams: readonly string[], time: string) {
    this.#folder = folder;
    this.#job = job;
    this.#groups = [...new Set(streams.map((name) => job.streams[name]!.group))];
    createFolder(folder);
    makePrivate(folder);
    for (const group of this.#groups) {
      const path = `${folder}/backfill_${group}_${time}.log`;
      this.#logs.set(
        group,
        Deno.openSync(path, { create: true, append: true, mode: OWNER_ONLY }),
      );
    }
  }

  /** Writes an event to the log of its group, or to all logs if it concerns the run. */
  log(event: RunEvent, atMs: number): void {
    const lines = logLines(event, atMs);
    if (lines.length === 0) return;
    const bytes = this.#encoder.encode(`${safeText(lines.join("\n"))}\n`);
    const stream = streamOf(event);
    const groups = stream === undefined ? this.#groups : [this.#job.streams[stream]?.group ?? ""];
    for (const group of groups) this.#logs.get(group)?.writeSync(bytes);
  }

  /** Writes the copies of checkpoint and errors, at most every 30 s unless the run has ended. */
  async copy(
    checkpoint: Checkpoint,
    params: Readonly<Record<string, unknown>>,
    nowMs: number,
    last = false,
  ): Promise<void> {
    if (!last && nowMs - this.#copiedAtMs < COPY_EVERY_MS) return;
    this.#copiedAtMs = nowMs;
    const entries = await checkpoint.retryEntries();
    for (const group of this.#groups) {
      const names = Object.keys(this.#job.streams).filter((name) =>
        this.#job.streams[name]!.group === group
      );
      const streams = await snapshot(this.#job, checkpoint, names, params, undefined);
      const written_at = new Date(nowMs).toISOString();
      this.#write(`backfill_${group}_checkpoint.json`, { job: this.#job.job, written_at, streams });
      const own = entries.filter((entry) => names.includes(entry.stream));
      this.#write(
        `backfill_${group}_errors.json`,
        own.map((entry) => ({
          stream: entry.stream,
          kind: entry.kind,
          ...viewEntry(entry),
          rejected: entry.rejected,
        })),
      );
    }
  }

  #write(name: string, value: unknown): void {
    const path = `${this.#folder}/${name}`;
    Deno.writeTextFileSync(`${path}.tmp`, safeText(`${JSON.stringify(value, null, 2)}\n`), {
      mode: OWNER_ONLY,
    });
    Deno.renameSync(`${path}.tmp`, path);
  }

  /** Closes the files. */
  [Symbol.dispose](): void {
    for (const file of this.#logs.values()) file.close();
  }
}
