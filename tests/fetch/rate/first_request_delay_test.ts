import { assertEquals } from "@std/assert";
import { FirstTrip } from "../../../lib/fetch/rate/first_request_delay.ts";

function lateMs(...tripsMs: number[]): number {
  const first = new FirstTrip();
  tripsMs.forEach((tripMs, number) => first.note(number, tripMs));
  return first.lateMs();
}

Deno.test("lateMs() is what the first trip exceeds the shortest of the others by", () => {
  assertEquals(lateMs(), 0);
  assertEquals(lateMs(450), 0);
  assertEquals(lateMs(450, 400), 50);
  assertEquals(lateMs(450, 410, 400, 405), 50);
});

Deno.test("lateMs() is nothing when the first trip is as usual or all of them vary as much", () => {
  assertEquals(lateMs(400, 400.5), 0);
  assertEquals(lateMs(400, 430), 0);
  assertEquals(lateMs(440, 400, 439), 0);
});

Deno.test("lateMs() is no more than a handshake when the first answer took long", () => {
  assertEquals(lateMs(5_000, 400), 300);
});
