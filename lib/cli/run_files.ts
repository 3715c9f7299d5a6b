// Owns the files that a run writes into the logs folder: a log, the errors and a readable copy of the
// checkpoint, one of each per group. They are for display and scripts; Hindcast never reads them back. Invariant:
// where they cannot be written, a run warns once and continues.
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

/** What the files of a run are about. */
interface RunFilesOptions {
  /** Folder of the logs; created where it is missing. */
  readonly folder: string;
  /** The job. */
  readonly job: Job;
  /** Names of its streams that run. */
  readonly streams: readonly string[];
  /** Id of the run, which is part of the names of the logs. */
  readonly run: string;
  /** Receives why no more files are written. */
  readonly warn: (message: string, hint: string) => void;
}

/** The files of one run. */
export class RunFiles implements Disposable {
  readonly #options: RunFilesOptions;
  readonly #groups: readonly string[];
  readonly #logs = new Map<string, Deno.FsFile>();
  readonly #encoder = new TextEncoder();
  #copiedAtMs = -Infinity;
  #problem: { readonly error: unknown; isReported: boolean } | undefined;

  /** Opens a log per group. */
  constructor(options: RunFilesOptions) {
    const { folder, job, streams, run } = options;
    this.#options = options;
    this.#groups = [...new Set(streams.map((name) => job.streams[name]!.group))];
    this.#attempt(() => {
      openLogsFolder(folder);
      for (const group of this.#groups) {
        const path = `${folder}/backfill_${group}_${run}.log`;
        const file = Deno.openSync(path, { create: true, append: true, mode: OWNER_ONLY });
        this.#logs.set(group, file);
      }
    });
  }

  /** Writes an event to the log of its group, or to all logs if it concerns the run. */
  log(event: RunEvent, atMs: number): void {
    const lines = logLines(event, atMs);
    if (lines.length === 0) return;
    const bytes = this.#encoder.encode(`${safeText(lines.join("\n"))}\n`);
    const stream = streamOf(event);
    const { job } = this.#options;
    const groups = stream === undefined ? this.#groups : [job.streams[stream]?.group ?? ""];
    this.#attempt(() => {
      for (const group of groups) this.#logs.get(group)?.writeSync(bytes);
    });
    this.#tell();
  }

  /** Does something unless it failed before. */
  #attempt(action: () => void): void {
    if (this.#problem !== undefined) return;
    try {
      action();
    } catch (error) {
      this.#problem = { error, isReported: false };
    }
  }

  #tell(): void {
    if (this.#problem === undefined || this.#problem.isReported) return;
    this.#problem.isReported = true;
    const { error } = this.#problem;
    this.#options.warn(
      `Cannot write the logs: ${error instanceof Error ? error.message : String(error)}`,
      "Set BACKFILL_LOGS to a writable folder; the run continues without logs",
    );
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
    const { job } = this.#options;
    const entries = await checkpoint.retryEntries();
    for (const group of this.#groups) {
      const names = Object.keys(job.streams).filter((name) => job.streams[name]!.group === group);
      const streams = await snapshot(job, checkpoint, names, params, undefined);
      const written_at = new Date(nowMs).toISOString();
      this.#write(`backfill_${group}_checkpoint.json`, { job: job.job, written_at, streams });
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
    const path = `${this.#options.folder}/${name}`;
    // Another run may write the same copy at the same moment.
    const partial = `${path}.${crypto.randomUUID().slice(0, 8)}.tmp`;
    this.#attempt(() => {
      const text = safeText(`${JSON.stringify(value, null, 2)}\n`);
      Deno.writeTextFileSync(partial, text, { mode: OWNER_ONLY });
      Deno.renameSync(partial, path);
    });
    this.#tell();
  }

  /** Closes the files. */
  [Symbol.dispose](): void {
    for (const file of this.#logs.values()) file.close();
  }
}

/**
 * Creates the folder of the logs where it is missing.
 *
 * @throws {Error} whose message says why it cannot be created.
 */
export function openLogsFolder(folder: string): void {
  try {
    createFolder(folder);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AlreadyExists)) throw cause;
    throw new Error(`"${folder}" is a file`, { cause });
  }
  if (holdsOnlyLogs(folder)) makePrivate(folder);
}

/** Whether a folder has no files but those of runs, so that nobody else uses it; /var/log has others. */
export function holdsOnlyLogs(folder: string): boolean {
  try {
    return [...Deno.readDirSync(folder)].every(({ name }) => name.startsWith("backfill_"));
  } catch {
    return false;
  }
}
