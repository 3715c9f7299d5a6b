// How long a process waits before it looks again at what the others do.
import { assert, assertEquals } from "@std/assert";
import { lookPauseMs } from "../../lib/coordinate/look_pause.ts";

Deno.test("a wait ends at most a quarter late, and a long wait costs four queries a second", () => {
  assertEquals(lookPauseMs(0), 15);
  let waitedMs = 0;
  for (let looks = 0; looks < 100; looks++) {
    const pauseMs = lookPauseMs(looks);
    assert(pauseMs <= 15.001 + waitedMs / 4, `after ${waitedMs} ms: ${pauseMs} ms`);
    waitedMs += pauseMs;
  }
  assertEquals(lookPauseMs(99), 250);
});
