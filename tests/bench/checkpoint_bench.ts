// Prints what a window costs the checkpoint as the history grows: time and bytes of the KV file per
// window, from 100 to 100,000 windows, in batches of ten as a run records them.
//
//     deno run -A tests/bench/checkpoint_bench.ts
import { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import { openKv } from "../../lib/checkpoint/open_kv.ts";
import { MINUTES_PER_DAY } from "../../lib/plan/time/civil.ts";
import { tempDir } from "../support/temp.ts";

const SIZES = [100, 1_000, 10_000, 100_000];
const WINDOWS_PER_BATCH = 10;
/** Batches that are timed at each size. */
const BATCHES = 50;

/** Runs the benchmark and prints a line per size. */
export async function checkpointBench(): Promise<void> {
  for (const size of SIZES) {
    using folder = tempDir();
    const path = folder.file("kv.db");
    const kv = await openKv(path);
    const checkpoint = new Checkpoint(kv, "stamp", "bench");
    await checkpoint.load("readings", "");
    const timed = BATCHES * WINDOWS_PER_BATCH;
    for (let at = 0; at < size; at += 1_000) {
      await record(checkpoint, at, Math.min(1_000, size - at));
    }
    const startedAt = performance.now();
    for (let at = size; at < size + timed; at += WINDOWS_PER_BATCH) {
      await record(checkpoint, at, WINDOWS_PER_BATCH);
    }
    const ms = (performance.now() - startedAt) / BATCHES;
    let bytes = 0;
    // The stored values, not the size of SQLite's file and log.
    for await (const { key, value } of kv.list({ prefix: ["hindcast"] })) {
      bytes += JSON.stringify([key, value]).length;
    }
    kv.close();
    console.log(
      `${size.toLocaleString("en").padStart(8)} windows  ${
        (ms / WINDOWS_PER_BATCH).toFixed(2)
      } ms and ` +
        `${(bytes / (size + timed)).toFixed(1)} bytes per window`,
    );
  }
}

/** Days, of which every seventh is empty. */
async function record(checkpoint: Checkpoint, first: number, count: number): Promise<void> {
  const windows = Array.from({ length: count }, (_, index) => {
    const day = first + index;
    const window = { from: day * MINUTES_PER_DAY, to: (day + 1) * MINUTES_PER_DAY };
    return {
      ...{
        stream: "readings",
        scope: "",
        each: "",
        window,
        rejected: [],
        rejectedCount: 0,
        requestedAt: 0,
      },
      parts: [{ ...window, empty: day % 7 === 0, settled: true }],
    };
  });
  await checkpoint.done(windows, Date.now());
}

if (import.meta.main) await checkpointBench();
