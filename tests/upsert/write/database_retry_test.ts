import { assertEquals, assertRejects } from "@std/assert";
import { DatabaseError } from "../../../lib/upsert/write/database_error.ts";
import { DatabaseRetry, retryDatabase } from "../../../lib/upsert/write/database_retry.ts";
import { Failure } from "../../../lib/failure.ts";

function world(signal?: AbortSignal) {
  const slept: number[] = [];
  let now = 0;
  const clock = {
    now: () => now,
    sleep: (ms: number) => {
      slept.push(ms);
      now += ms;
      return Promise.resolve();
    },
  };
  return { slept, options: { clock, random: () => 0.5, retryForMs: 10_000, signal } };
}

const gone = () => new DatabaseError(new Error("connection refused"));
const deadlock = () => new DatabaseError(Object.assign(new Error("deadlock"), { code: "40P01" }));

Deno.test("DatabaseRetry waits longer each time, within a bound, until its time is up", async () => {
  const { slept, options } = world();
  const retry = new DatabaseRetry(options);
  while (await retry.wait());
  assertEquals(slept.slice(0, 8), [50, 100, 200, 400, 800, 1600, 2500, 2175]);
  assertEquals(slept.reduce((sum, ms) => sum + ms) <= 10_000, true);
});

Deno.test("DatabaseRetry ends at once when the run is being stopped", async () => {
  const { slept, options } = world(AbortSignal.abort());
  assertEquals(await new DatabaseRetry(options).wait(), false);
  assertEquals(slept, []);
});

Deno.test("retryDatabase() repeats what passes and nothing else", async () => {
  const { slept, options } = world();
  const errors = [gone(), deadlock()];
  const result = await retryDatabase(options, () => {
    const error = errors.shift();
    return error === undefined ? Promise.resolve("done") : Promise.reject(error);
  });
  assertEquals([result, slept.length], ["done", 2]);
  const final = new DatabaseError(Object.assign(new Error("permission denied"), { code: "42501" }));
  await assertRejects(() => retryDatabase(options, () => Promise.reject(final)), DatabaseError);
  assertEquals(slept.length, 2);
});

Deno.test("DatabaseError says what an error means for a write", () => {
  const consequence = (code: string) =>
    new DatabaseError(Object.assign(new Error(""), { code })).consequence;
  assertEquals(["EPIPE", "08006", "57P01"].map(consequence), ["lost", "lost", "lost"]);
  assertEquals(["40001", "40P01", "55P03"].map(consequence), [
    "contended",
    "contended",
    "contended",
  ]);
  assertEquals(["22003", "23514", "54000"].map(consequence), ["data", "data", "data"]);
  assertEquals(["21000", "42501", "53100"].map(consequence), ["twice", "final", "final"]);
});

Deno.test("DatabaseError finds the row and the column that a copy stumbled over", () => {
  const thrown = Object.assign(new Error("invalid input syntax"), {
    code: "22P02",
    where: 'COPY hindcast_stage_1, line 17, column born: "x"',
  });
  const error = new DatabaseError(thrown, 4);
  assertEquals([error.row, error.column, error.step], [16, "born", 4]);
});

Deno.test("DatabaseError makes a failure with the table, the reason and what to do", () => {
  const thrown = Object.assign(new Error("permission denied for table races"), { code: "42501" });
  const failure = new DatabaseError(thrown).toFailure('write to table "races"');
  assertEquals(failure instanceof Failure && failure.kind, "target");
  assertEquals(
    failure.message,
    'Cannot write to table "races": permission denied for table races (42501)',
  );
  assertEquals(failure.hint?.startsWith("Grant the user"), true);
});

Deno.test("DatabaseError tells the first of several addresses' errors", () => {
  const refused = new Error("connect ECONNREFUSED 127.0.0.1:1");
  const error = new DatabaseError(new AggregateError([refused, new Error("other")]));
  assertEquals(error.message, "connect ECONNREFUSED 127.0.0.1:1");
});
