import { assertAlmostEquals, assertEquals } from "@std/assert";
import { Margin } from "../../../lib/fetch/rate/margin.ts";
import { parseRate } from "../../../lib/plan/time/rate.ts";

Deno.test("Margin() starts below one per cent for any interval", () => {
  const first = (text: string) => new Margin(parseRate(text)).overIntervalMs;
  assertAlmostEquals(first("2/s"), 9.4);
  assertAlmostEquals(first("1/100ms"), 0.94);
  assertAlmostEquals(first("10/10s"), 94);
  assertAlmostEquals(first("100/min"), 121.4);
  assertAlmostEquals(first("5000/h"), 829.4);
});

Deno.test("refused() raises the margin once when several requests in flight had the same margin", () => {
  const margin = new Margin(parseRate("5/s"));
  for (let number = 0; number < 10; number++) margin.sent(202 * number, true);
  assertEquals(margin.refused(7, 2_000), true);
  const raisedMs = margin.overIntervalMs;
  margin.refused(8, 2_200);
  margin.refused(9, 2_400);
  assertEquals(margin.overIntervalMs, raisedMs);
});

Deno.test("refused() uses the spread of the round trips when a sliding log explains the refusals", () => {
  const margin = new Margin(parseRate("2/s"));
  const roundTrips = [[0, 430], [504, 905], [1_008, 1_430], [1_512, 1_925], [2_017, 2_420]];
  roundTrips.forEach(([sentAtMs]) => margin.sent(sentAtMs!, true));
  [0, 1, 2, 3].forEach((number) => margin.passed(number, roundTrips[number]![1]!));
  margin.refused(4, 2_420);
  assertEquals(margin.betweenMs, 0);
  assertAlmostEquals(margin.overIntervalMs, 29 * 1.5 * 1.02, 0.01);
});

Deno.test("refused() moves the margin to the spacing when only a bucket of one explains the refusals", () => {
  const margin = new Margin(parseRate("5/s"));
  const roundTrips = [[0, 430], [202, 605], [404, 830], [606, 1_009]];
  roundTrips.forEach(([sentAtMs]) => margin.sent(sentAtMs!, true));
  margin.passed(0, 430);
  margin.refused(1, 605);
  assertAlmostEquals(margin.betweenMs, 27 * 1.5 * 1.02, 0.01);
  assertAlmostEquals(margin.overIntervalMs, 9.4);
});

Deno.test("passed() halves the margin step by step when it was only a guess", () => {
  const margin = new Margin(parseRate("2/s"));
  let [number, nowMs] = [0, 0];
  const quiet = (requests: number) => {
    for (let count = 0; count < requests; count++, nowMs += 510) {
      margin.sent(nowMs, true);
      margin.passed(number++, nowMs + 100);
    }
  };
  quiet(4);
  margin.sent(nowMs, true);
  margin.refused(number++, nowMs + 100);
  assertAlmostEquals(margin.overIntervalMs, 18.8);
  quiet(100);
  assertAlmostEquals(margin.overIntervalMs, 18.8);
  quiet(10_000);
  assertAlmostEquals(margin.overIntervalMs, 9.4, 1);
});

Deno.test("refused() raises the margin to 16 intervals at most", () => {
  const margin = new Margin(parseRate("1/s"));
  for (let number = 0; number < 20; number++) {
    margin.sent(20_000 * number, true);
    margin.refused(number, 20_000 * number + 100);
  }
  assertEquals(margin.overIntervalMs, 16_000);
});

Deno.test("refused() raises a margin by a tenth at least when the spread explains no more", () => {
  const network = new Network();
  network.refuseInLog();
  network.pass(100, 30);
  const refusedMs = network.marginMs;
  assertAlmostEquals(refusedMs, 32, 2);
  network.refuseInLog();
  assertAlmostEquals(network.marginMs, 1.1 * refusedMs, 1e-9);
});

Deno.test("passed() lowers the margin to its first value, not below it, when the spread is gone", () => {
  const network = new Network();
  network.refuseInLog();
  network.pass(32 + 127, 0); // The first 32 responses correct the margin.
  assertAlmostEquals(network.marginMs, 39.3, 0.1);
  network.pass(1, 0);
  assertAlmostEquals(network.marginMs, 9.4, 1e-9);
});

Deno.test("passed() lowers a working margin by 8 % after 4,096 responses, and later after a refusal", () => {
  const network = new Network();
  network.refuseInLog();
  network.pass(32, 30); // They correct the margin, and are not counted.
  const worksMs = network.marginMs;
  network.pass(4_096 - 1, 30);
  assertEquals(network.marginMs, worksMs);
  network.pass(1, 30);
  assertAlmostEquals(network.marginMs, 0.92 * worksMs, 1e-9);
  network.refuseInLog();
  assertEquals(network.marginMs, worksMs);
  network.pass(2 * 4_096 - 1, 30);
  assertEquals(network.marginMs, worksMs);
  network.pass(1, 30);
  assertAlmostEquals(network.marginMs, 0.92 * worksMs, 1e-9);
});

Deno.test("refused() raises the margin beside other processes only when the own round trips explain the refusal", () => {
  for (const [earlyMs, marginMs] of [[0, 9.4], [20, 20 * 1.5 * 1.02]] as const) {
    const margin = new Margin(parseRate("2/s"));
    margin.resize(1);
    margin.sent(0, true);
    margin.passed(0, 400 + earlyMs);
    margin.sent(1_010, true);
    margin.refused(1, 1_410);
    assertAlmostEquals(margin.overIntervalMs, marginMs, 0.01);
  }
});

Deno.test("adopt() takes over a margin in both directions, and tries a lower one again later each time it fails", () => {
  const network = new Network();
  network.adopt(30);
  assertEquals(network.marginMs, 30);
  network.adopt(5);
  assertAlmostEquals(network.marginMs, 9.4);
  network.adopt(30);
  network.pass(2 * 128 - 1, 0); // What was given up after a refusal takes twice as long.
  assertEquals(network.marginMs, 30);
  network.pass(1, 0);
  assertAlmostEquals(network.marginMs, 9.4);
});

/** Requests at 2/s to a server that counts a sliding interval, over a network with jitter. */
class Network {
  readonly #margin = new Margin(parseRate("2/s"));
  #number = 0;
  #nowMs = 0;

  get marginMs(): number {
    return this.#margin.overIntervalMs;
  }

  adopt(marginMs: number): void {
    this.#margin.adopt(marginMs, this.#nowMs);
  }

  /** Passes requests whose round trips are 400 ms and, every second time, `spreadMs` longer. */
  pass(count: number, spreadMs: number): void {
    for (; count > 0; count--) this.#pass(600, 400 + spreadMs * (this.#number % 2));
  }

  /** The last of three requests arrives 994 ms after the first and is refused; the spread is 30 ms. */
  refuseInLog(): void {
    this.#pass(512, 430);
    this.#pass(512, 430);
    this.#margin.sent(this.#nowMs, true);
    this.#margin.refused(this.#number++, this.#nowMs + 400);
    this.#nowMs += 2_000;
  }

  #pass(untilNextMs: number, roundTripMs: number): void {
    this.#margin.sent(this.#nowMs, true);
    this.#margin.passed(this.#number++, this.#nowMs + roundTripMs);
    this.#nowMs += untilNextMs;
  }
}
