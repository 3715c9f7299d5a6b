import { assertEquals } from "@std/assert";
import { FirstRequestDelay } from "../../../lib/fetch/rate/first_request_delay.ts";

function lateMs(...tripsMs: number[]): number {
  const first = new FirstRequestDelay();
  tripsMs.forEach((tripMs, number) => first.note(number, tripMs));
  return first.lateMs();
}

Deno.test("lateMs() is the difference between the first round trip and the shortest of the others", () => {
  assertEquals(lateMs(), 0);
  assertEquals(lateMs(450), 0);
  assertEquals(lateMs(450, 400), 50);
  assertEquals(lateMs(450, 410, 400, 405), 50);
});

Deno.test("lateMs() is 0 when the first round trip is within the variation of the others", () => {
  assertEquals(lateMs(400, 400.5), 0);
  assertEquals(lateMs(400, 430), 0);
  assertEquals(lateMs(440, 400, 439), 0);
});

Deno.test("lateMs() is at most a handshake when the first response was slow", () => {
  assertEquals(lateMs(5_000, 400), 300);
});
