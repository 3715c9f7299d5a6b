import { assertEquals, assertRejects } from "@std/assert";
import type { Batch } from "../../lib/upsert/batch.ts";
import type { Written } from "../../lib/upsert/write/target.ts";
import { writeBatches } from "../../lib/upsert/write_batches.ts";

const WRITTEN: Written = { counts: new Map(), rejected: [] };

/** Lets everything continue that can continue without the test. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

/** Batches that differ in their row count, written when the test lets them. */
function setup(count: number, failAt?: number) {
  const events: string[] = [];
  const writes = Array.from({ length: count }, () => Promise.withResolvers<Written>());
  async function* batches(): AsyncGenerator<Batch> {
    for (let rows = 0; rows < count; rows++) {
      events.push(`batch ${rows}`);
      yield {
        rows,
        sets: [],
        stated: [],
        finished: [],
        parts: [],
        failed: [],
        split: [],
        restarted: [],
        kept: [],
        windows: [],
      };
    }
  }
  const done = writeBatches(batches(), {
    write: ({ rows }) => {
      events.push(`write ${rows}`);
      return writes[rows]!.promise;
    },
    finish: async ({ rows }, writing) => {
      await writing;
      if (rows === failAt) throw new Error(`finishing ${rows} failed`);
      events.push(`finish ${rows}`);
    },
    onFailure: () => void events.push("leave"),
  });
  return { done, events, writes };
}

Deno.test("writeBatches() starts one batch, and no more, while the previous one is written", async () => {
  const { done, events, writes } = setup(4);
  await settle();
  assertEquals(events, ["batch 0", "write 0", "batch 1", "write 1"]);
  writes[0]!.resolve(WRITTEN);
  await settle();
  assertEquals(events.slice(4), ["finish 0", "batch 2", "write 2"]);
  writes[1]!.resolve(WRITTEN);
  await settle();
  assertEquals(events.slice(7), ["finish 1", "batch 3", "write 3"]);
  writes[2]!.resolve(WRITTEN);
  writes[3]!.resolve(WRITTEN);
  await done;
  assertEquals(events.slice(10), ["finish 2", "finish 3"]);
});

Deno.test("writeBatches() finishes in order, whatever is written first", async () => {
  const { done, events, writes } = setup(2);
  writes[1]!.resolve(WRITTEN);
  await settle();
  assertEquals(events.filter((event) => event.startsWith("finish")), []);
  writes[0]!.resolve(WRITTEN);
  await done;
  assertEquals(events.slice(-2), ["finish 0", "finish 1"]);
});

Deno.test("writeBatches() waits for no further batch after a write that failed", async () => {
  const { done, events, writes } = setup(3);
  writes[0]!.reject(new Error("the disk is full"));
  writes[1]!.reject(new Error("the write before failed"));
  await assertRejects(() => done, Error, "the disk is full");
  assertEquals(events, ["batch 0", "write 0", "batch 1", "leave", "write 1"]);
});

Deno.test("writeBatches() throws what finishing the last batch threw", async () => {
  const { done, writes } = setup(2, 1);
  writes.forEach(({ resolve }) => resolve(WRITTEN));
  await assertRejects(() => done, Error, "finishing 1 failed");
});
