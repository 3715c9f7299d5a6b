// Opens real KV files for tests, counts what is written to them, and creates what a run would record.
import { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import type { DoneWindow } from "../../lib/checkpoint/done_tracks.ts";
import { openKv } from "../../lib/checkpoint/open_kv.ts";
import type { Track } from "../../lib/plan/scope.ts";
import type { Window } from "../../lib/plan/time/window.ts";
import type { Rejection } from "../../lib/extract/extractor.ts";
import { tempDir } from "../support/temp.ts";

/** Some moment. */
export const NOW = Date.parse("2025-10-19T12:00:00Z");

/** A track of a stream without parameters. */
export const RESULTS: Track = { stream: "results", scope: "", each: "" };

/** A KV file that can be closed and opened again, as by another process after the first has ended. */
export interface KvFile extends AsyncDisposable {
  readonly path: string;
  readonly kv: Deno.Kv;
  /** A checkpoint on the file; one without memory of the others. */
  checkpoint(target?: string, job?: string): Checkpoint;
  /** Closes the file and opens it again. */
  reopen(): Promise<void>;
}

/** A new KV file in a folder of its own. */
export async function kvFile(): Promise<KvFile> {
  const dir = tempDir();
  const path = dir.file("checkpoints.db");
  let kv = await openKv(path);
  return {
    path,
    get kv() {
      return kv;
    },
    checkpoint: (target = "stamp", job = "racing") => new Checkpoint(kv, target, job),
    async reopen() {
      close(kv);
      kv = await openKv(path);
    },
    async [Symbol.asyncDispose]() {
      close(kv);
      await dir[Symbol.asyncDispose]();
    },
  };
}

function close(kv: Deno.Kv): void {
  try {
    kv.close();
  } catch { /* a test has closed it */ }
}

/** A window that is done, settled and not empty unless stated otherwise. */
export function doneWindow(window: Window | null, more: Partial<DoneWindow> = {}): DoneWindow {
  return {
    ...RESULTS,
    window,
    parts: window === null ? [] : [{ ...window, empty: false, settled: true }],
    rejected: [],
    rejectedCount: 0,
    requestedAt: NOW,
    ...more,
  };
}

/** Rejections of rows, each different. */
export function rejections(count: number, text = "value"): Rejection[] {
  return Array.from({ length: count }, (_, i) => ({
    table: "ra_runners",
    column: "draw",
    reason: `is not a number (${i})`,
    value: text,
    record: text,
  }));
}

/** Keys written and deleted through a KV handle from now on. */
export function countWrites(kv: Deno.Kv): { sets: number; deletes: number; commits: number } {
  const counts = { sets: 0, deletes: 0, commits: 0 };
  const atomic = kv.atomic.bind(kv);
  kv.atomic = () => {
    const operation = atomic();
    const { set, delete: remove, commit } = operation;
    operation.set = (...args) => (counts.sets++, set.apply(operation, args));
    operation.delete = (...args) => (counts.deletes++, remove.apply(operation, args));
    operation.commit = () => (counts.commits++, commit.apply(operation));
    return operation;
  };
  return counts;
}
