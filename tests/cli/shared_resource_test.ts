import { assertEquals, assertRejects } from "@std/assert";
import { SharedResource } from "../../lib/cli/shared_resource.ts";

/** A resource that counts how often it was opened and closed; the first attempts may fail. */
function thing(failures = 0) {
  const counts = { opened: 0, closed: 0 };
  const shared = new SharedResource(() => {
    if (failures-- > 0) return Promise.reject(new Error("in use"));
    counts.opened++;
    const close = () => Promise.resolve().then(() => void counts.closed++);
    return Promise.resolve({ [Symbol.asyncDispose]: close });
  });
  return { counts, shared };
}

Deno.test("SharedResource.use() opens for the first user and closes after the last", async () => {
  const { counts, shared } = thing();
  const first = Promise.withResolvers<void>();
  const using = shared.use(() => first.promise);
  await shared.use(() => Promise.resolve());
  assertEquals(counts, { opened: 1, closed: 0 });
  first.resolve();
  await using;
  assertEquals(counts, { opened: 1, closed: 1 });
  assertEquals(await shared.use(() => Promise.resolve(7)), 7);
  assertEquals(counts, { opened: 2, closed: 2 });
});

Deno.test("SharedResource.use() closes when an action fails, and opens again after a failed opening", async () => {
  const { counts, shared } = thing(1);
  await assertRejects(() => shared.use(() => Promise.resolve()), Error, "in use");
  await assertRejects(() => shared.use(() => Promise.reject(new Error("no"))), Error, "no");
  assertEquals(counts, { opened: 1, closed: 1 });
});

Deno.test("SharedResource.use() does not open before the previous close has ended", async () => {
  const events: string[] = [];
  const shared = new SharedResource(() => {
    events.push("open");
    return Promise.resolve({
      [Symbol.asyncDispose]: async () => {
        events.push("closing");
        await new Promise((resolve) => setTimeout(resolve, 5));
        events.push("closed");
      },
    });
  });
  const first = shared.use(() => Promise.resolve());
  while (!events.includes("closing")) await Promise.resolve();
  await Promise.all([first, shared.use(() => Promise.resolve())]);
  assertEquals(events, ["open", "closing", "closed", "open", "closing", "closed"]);
});
