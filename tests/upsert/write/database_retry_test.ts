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

Deno.test("DatabaseRetry ends at once when the run is stopped", async () => {
  const { slept, options } = world(AbortSignal.abort());
  assertEquals(await new DatabaseRetry(options).wait(), false);
  assertEquals(slept, []);
});

Deno.test("retryDatabase() retries transient errors and nothing else", async () => {
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

Deno.test("DatabaseError classifies what an error means for a write", () => {
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

Deno.test("DatabaseError finds the row and the column at which a copy failed", () => {
  const thrown = Object.assign(new Error("invalid input syntax"), {
    code: "22P02",
    where: 'COPY hindcast_stage_1, line 17, column born: "x"',
  });
  const error = new DatabaseError(thrown, 4);
  assertEquals([error.row, error.column, error.step], [16, "born", 4]);
});

Deno.test("DatabaseError.toFailure() states the table, the reason and what to do", () => {
  const thrown = Object.assign(new Error("permission denied for table races"), { code: "42501" });
  const failure = new DatabaseError(thrown).toFailure('write to table "races"');
  assertEquals(failure instanceof Failure && failure.kind, "target");
  assertEquals(
    failure.message,
    'Cannot write to table "races": permission denied for table races (42501)',
  );
  assertEquals(failure.hint?.startsWith("Grant the user"), true);
});

Deno.test("DatabaseError reports the first error of several addresses", () => {
  const refused = new Error("connect ECONNREFUSED 127.0.0.1:1");
  const error = new DatabaseError(new AggregateError([refused, new Error("other")]));
  assertEquals(error.message, "connect ECONNREFUSED 127.0.0.1:1");
});

Deno.test("DatabaseError hints at the cause", () => {
  const hint = (code: string, message: string) =>
    new DatabaseError(Object.assign(new Error(message), { code })).toFailure("write").hint;
  for (
    const [code, message, part] of [
      ["42501", "must be owner of table races", "as the owner of the table"],
      ["42501", "permission denied for table races", "SELECT, INSERT and UPDATE on that table"],
      ["42501", "permission denied for schema public", "CREATE on the schema"],
      ["42501", 'permission denied to create temporary tables in database "d"', "TEMPORARY"],
      ["08P01", "unsupported startup parameter: x", "ignore_startup_parameters"],
      ["08P01", "no such database: d", "check its name in DATABASE_URL"],
      ["08P01", "unexpected message", "transaction mode"],
      ["34000", 'cursor "c" does not exist', "transaction mode"],
      ["3F000", "no schema has been selected to create in", "?schema=NAME"],
      ["28000", 'no pg_hba.conf entry for host "h", no encryption', "sslmode=require"],
      ["28P01", "password authentication failed", "Check user and password"],
      ["", "unable to verify the first certificate", "sslrootcert=FILE"],
      ["", "The server does not support SSL connections", "sslmode=disable"],
      ["57014", "canceling statement due to statement timeout", "Make the query faster"],
    ] as const
  ) assertEquals([message, hint(code, message)?.includes(part)], [message, true]);
});

Deno.test("DatabaseError retries no error that only the user can resolve", () => {
  const consequence = (code: string, message: string) =>
    new DatabaseError(Object.assign(new Error(message), { code })).consequence;
  assertEquals(consequence("", "self-signed certificate"), "final");
  assertEquals(consequence("08P01", "unsupported startup parameter: x"), "final");
  assertEquals(consequence("08P01", "query_wait_timeout"), "lost");
  assertEquals(consequence("22001", "value too long: certificate"), "data");
});
