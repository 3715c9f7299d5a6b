import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { Channel } from "../../lib/fetch/channel.ts";

/** Lets everything continue that can continue without the test. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("Channel makes a producer wait until its value has been consumed", async () => {
  const channel = new Channel<number>();
  const used: number[] = [];
  const producer = async () => {
    for (let i = 0; i < 3; i++) {
      await channel.send(i);
      used.push(i);
    }
    channel.close();
  };
  const finished = producer();
  const values = channel[Symbol.asyncIterator]();
  assertEquals((await values.next()).value, 0);
  await settle();
  assertEquals(used, []);
  assertEquals((await values.next()).value, 1);
  assertEquals(used, [0]);
  const rest: number[] = [];
  for await (const value of { [Symbol.asyncIterator]: () => values }) rest.push(value);
  assertEquals(rest, [2]);
  await finished;
});

Deno.test("Channel delivers every value of every producer, each producer's in order", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(20), { minLength: 1, maxLength: 6 }),
      async (counts) => {
        const channel = new Channel<[producer: number, value: number]>();
        const producers = counts.map(async (count, producer) => {
          for (let value = 0; value < count; value++) assert(await channel.send([producer, value]));
        });
        void Promise.all(producers).then(() => channel.close());
        const seen = counts.map(() => 0);
        for await (const [producer, value] of channel) assertEquals(seen[producer]!++, value);
        assertEquals(seen, counts);
      },
    ),
    { numRuns: 50 },
  );
});

Deno.test("Channel delivers waiting values before it fails, and releases their producers", async () => {
  const channel = new Channel<number>();
  const sent = channel.send(1);
  channel.fail(new Error("401"));
  channel.fail(new Error("another"));
  assertEquals(await sent, false);
  const seen: number[] = [];
  const read = async () => {
    for await (const value of channel) seen.push(value);
  };
  await assertRejects(read, Error, "401");
  assertEquals(seen, [1]);
  assertEquals(await channel.send(2), false);
});

Deno.test("Channel releases waiting producers when the consumer stops", async () => {
  const channel = new Channel<number>();
  const waiting = [channel.send(1), channel.send(2), channel.send(3)];
  for await (const _ of channel) break;
  assertEquals(await Promise.all(waiting), [true, false, false]);
  assertEquals(await channel.send(4), false);
});

Deno.test("Channel wakes a waiting consumer when it is closed", async () => {
  const channel = new Channel<number>();
  const next = channel[Symbol.asyncIterator]().next();
  await settle();
  channel.close();
  assert((await next).done);
});
