// What a checkpoint learns from the target's logs: all of it from zero, what was committed since afterwards, the same
// either way, without missing what was still open when the logs were read.
import { assertEquals } from "@std/assert";
import { catchUp } from "../../lib/checkpoint/catch_up.ts";
import { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import { openKv } from "../../lib/checkpoint/open_kv.ts";
import { restoredOf } from "../../lib/checkpoint/restored.ts";
import { Failure } from "../../lib/failure.ts";
import { formatCivil, parseCivil } from "../../lib/plan/time/civil.ts";
import { forgetFailures, recordFailures } from "../../lib/upsert/history.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import { copyPglite } from "../faults/pglite_template.ts";
import { openSql } from "../faults/sql.ts";
import { chance } from "../support/chance.ts";
import { tempDir } from "../support/temp.ts";
import { openProving, type Proving } from "../verify/proving.ts";
import { countWrites } from "./kv_file.ts";

const THINGS = { stream: "things", scope: "", each: "" };

async function ranges(checkpoint: Checkpoint): Promise<string[]> {
  await checkpoint.load("things", "");
  return checkpoint.coverage(THINGS).ranges.map(({ from, to, empty, settled }) =>
    [formatCivil(from), formatCivil(to), ...empty ? ["empty"] : [], ...settled ? [] : ["open"]]
      .join(" ")
  );
}

async function retries(checkpoint: Checkpoint): Promise<string[]> {
  return (await checkpoint.retryEntries()).map(({ kind, window, reason }) =>
    `${kind} ${window && formatCivil(window.from)} ${window && formatCivil(window.to)}: ${reason}`
  );
}

/** Brings the checkpoint of a job up to date, as the holder of the lock does; from zero on request. */
async function learn(proving: Proving, fromZero = false) {
  const logs = await catchUp({ ...proving, job: proving.job.job }, { isStored: true, fromZero });
  return restoredOf(proving.job, logs, await proving.checkpoint.retryEntries());
}

/** Another checkpoint of the same job, as on a machine that has never run it. */
async function elsewhere({ job, target }: Proving) {
  const dir = tempDir();
  const kv = await openKv(dir.file("other.db"));
  const checkpoint = new Checkpoint(kv, target.id, job.job);
  const learn = async (isStored = true) => {
    await catchUp({ job: job.job, checkpoint, target }, { isStored });
    return checkpoint;
  };
  return {
    ...{ kv, checkpoint, learn },
    /** The same KV, read by another process. */
    again: async () => {
      const again = new Checkpoint(kv, target.id, job.job);
      const { tracks } = await catchUp({ job: job.job, checkpoint: again, target }, {
        isStored: false,
      });
      return { checkpoint: again, read: tracks.flatMap(({ windows }) => windows).length };
    },
    async [Symbol.asyncDispose]() {
      kv.close();
      await dir[Symbol.asyncDispose]();
    },
  };
}

function fail({ target, job }: Proving, day: string, reason = "503") {
  const from = parseCivil(day)!;
  const unit = { ...THINGS, window: { from, to: from + 1440 }, eachValues: {} };
  const failure = new Failure("window", reason, { hint: "Do this" });
  return recordFailures(target, job.job, [{ unit, failure }], { atMs: Date.UTC(2025, 0, 9) });
}

Deno.test("catchUp() learns what the ledger proves, including empty and unsettled parts", async () => {
  await using proving = await openProving();
  await proving.write({ from: "2025-01-01", to: "2025-01-05", records: 9 });
  await proving.write({ from: "2025-01-05", to: "2025-01-08", records: 0 });
  await proving.write({ from: "2025-01-08", to: "2025-01-10", records: 9, settled: false });
  await proving.write({ stream: "kinds", records: 2, fetchedAt: "2025-01-09T07:00:00Z" });
  assertEquals(await learn(proving), {
    kinds: { windows: 1, days: null, rejected: 0 },
    things: { windows: 3, days: ["2025-01-01", "2025-01-09"], rejected: 0 },
  });
  assertEquals(await ranges(proving.checkpoint), [
    "2025-01-01 2025-01-05",
    "2025-01-05 2025-01-08 empty",
    "2025-01-08 2025-01-10 open",
  ]);
  await proving.checkpoint.load("kinds", "");
  const item = proving.checkpoint.item({ ...THINGS, stream: "kinds" });
  assertEquals(item, { at: Date.parse("2025-01-09T07:00:00Z"), empty: false });
  assertEquals(proving.checkpoint.measures.of("things"), {
    ...{ windows: 3, pages: 3, records: 18, rows: 0, minutes: 9 * 1440, answerMs: 30 },
  });
});

Deno.test("catchUp() reads again only what was committed since, and counts no window twice", async () => {
  await using proving = await openProving();
  await using other = await elsewhere(proving);
  for (let day = 1; day < 10; day++) {
    await proving.write({
      from: `2025-01-0${day}`,
      to: formatCivil(parseCivil("2025-01-01")! + day * 1440),
    });
  }
  await other.learn();
  assertEquals((await other.again()).read, 0);
  const writes = countWrites(other.kv);
  await proving.write({ stream: "kinds", records: 1 });
  const { checkpoint, read } = await other.again();
  assertEquals([read, writes.commits], [1, 0], "it is read, and only the lock's holder stores it");
  assertEquals(checkpoint.measures.of("kinds")?.windows, 1);
  await other.learn();
  await other.learn();
  assertEquals((await other.again()).checkpoint.measures.of("kinds")?.windows, 1);
});

Deno.test("catchUp() misses no transaction that began earlier and commits later", async () => {
  await using proving = await openProving();
  await using other = await elsewhere(proving);
  await proving.write({ from: "2025-01-01", to: "2025-01-02" });
  await using late = openSql(proving.url);
  await late.run("BEGIN");
  await late.run(
    `INSERT INTO hindcast_windows (job, stream, scope, each, "from", "to", records, rows,
    settled, rejected, fetched_at, pages, response_ms)
    VALUES ('tiny', 'things', '', '', '2025-01-02', '2025-01-03', 1, 1, true, 0, now(), 1, 1)`,
  );
  await proving.write({ from: "2025-01-03", to: "2025-01-04" });
  assertEquals(await ranges(await other.learn()), [
    "2025-01-01 2025-01-02 empty",
    "2025-01-03 2025-01-04 empty",
  ]);
  await late.run("COMMIT");
  assertEquals(await ranges((await other.again()).checkpoint), [
    "2025-01-01 2025-01-02 empty",
    "2025-01-02 2025-01-03",
    "2025-01-03 2025-01-04 empty",
  ]);
  await other.learn();
  assertEquals((await other.again()).read, 0);
});

Deno.test("catchUp() forgets what the checkpoint believed and the ledger does not, from zero", async () => {
  await using proving = await openProving();
  await proving.cover("things", "2024-01-01", "2025-01-31");
  await proving.cover("kinds");
  await proving.write({ from: "2025-01-01", to: "2025-01-03", records: 1 });
  await learn(proving, true);
  assertEquals(await ranges(proving.checkpoint), ["2025-01-01 2025-01-03"]);
  assertEquals(proving.checkpoint.item({ ...THINGS, stream: "kinds" }), undefined);
});

Deno.test("catchUp() lists failed windows and windows with rejected rows until a later transaction has them", async () => {
  await using proving = await openProving();
  await using other = await elsewhere(proving);
  await proving.write({ from: "2025-01-01", to: "2025-01-04", rejected: 3 });
  await proving.write({ from: "2025-01-07", to: "2025-01-08", rejected: 1 });
  await fail(proving, "2025-01-09");
  await fail(proving, "2025-01-11", "500");
  assertEquals(await retries(await other.learn()), [
    "rejected 2025-01-01 2025-01-04: 3 rows rejected",
    "rejected 2025-01-07 2025-01-08: 1 row rejected",
    "failed 2025-01-09 2025-01-10: 503",
    "failed 2025-01-11 2025-01-12: 500",
  ]);
  // Fetched again in other windows, by a machine whose clock is far behind.
  await proving.write({ from: "2025-01-02", to: "2025-01-06", fetchedAt: "2001-01-01T00:00:00Z" });
  await proving.write({ from: "2025-01-09", to: "2025-01-10", fetchedAt: "2001-01-01T00:00:00Z" });
  const windows = (await (await other.learn()).retryWindows(THINGS)).map(({ from, to }) =>
    `${formatCivil(from)} ${formatCivil(to)}`
  );
  assertEquals(windows, [
    "2025-01-01 2025-01-02",
    "2025-01-07 2025-01-08",
    "2025-01-11 2025-01-12",
  ]);
  await learn(proving, true);
  assertEquals(
    await proving.checkpoint.retryWindows(THINGS),
    await other.checkpoint.retryWindows(THINGS),
  );
  await forgetFailures(proving.target, proving.job.job);
  assertEquals(await retries(await other.learn()), []);
  await learn(proving, true);
  assertEquals(await retries(proving.checkpoint), []);
});

Deno.test("catchUp() reaches the same state step by step as from zero", async () => {
  const random = chance("windows and failures");
  const integer = (least: number, most: number) =>
    least + Math.floor(random() * (most - least + 1));
  await using proving = await openProving();
  await using other = await elsewhere(proving);
  const day = (at: number) => formatCivil(parseCivil("2025-01-01")! + at * 1440);
  for (let round = 0; round < 12; round++) {
    for (let i = integer(0, 4); i >= 0; i--) {
      const from = integer(0, 40);
      if (integer(0, 4) === 0) await fail(proving, day(from), `round ${round}`);
      else {
        await proving.write({
          from: day(from),
          to: day(from + integer(1, 6)),
          records: integer(0, 1),
          settled: integer(0, 1) === 0,
          rejected: integer(0, 3) === 0 ? 2 : 0,
        });
      }
    }
    if (integer(0, 1) === 0) await other.learn();
  }
  const { checkpoint: steps } = await other.again();
  await learn(proving, true);
  assertEquals(await ranges(steps), await ranges(proving.checkpoint));
  assertEquals(
    await steps.retryWindows(THINGS),
    await proving.checkpoint.retryWindows(THINGS),
  );
});

Deno.test("catchUp() reads a ledger of earlier versions, and by transactions once it is upgraded", async () => {
  await using proving = await openProving();
  await proving.write({ from: "2025-01-01", to: "2025-01-04", records: 3 });
  await fail(proving, "2025-01-05");
  for (const column of ["rejected", "xid", "pages", "response_ms"]) {
    await proving.target.query(`ALTER TABLE hindcast_windows DROP COLUMN ${column}`);
  }
  await proving.target.query("DROP TABLE hindcast_failures");
  await using other = await elsewhere(proving);
  assertEquals(await ranges((await other.again()).checkpoint), ["2025-01-01 2025-01-04"]);
  await proving.target.prepare(proving.job.tables);
  await proving.write({ from: "2025-01-04", to: "2025-01-05", rejected: 2 });
  const learned = await other.learn();
  assertEquals(await ranges(learned), ["2025-01-01 2025-01-04", "2025-01-04 2025-01-05 empty"]);
  assertEquals((await retries(learned)).length, 1);
  assertEquals((await other.again()).read, 0);
});

Deno.test("catchUp() learns nothing from an empty database, on a server or embedded", async () => {
  await using dir = tempDir();
  await copyPglite(dir.file("db"));
  await using target = await openTarget(`pglite:${dir.file("db")}`);
  using kv = await openKv(dir.file("kv.db"));
  const learn = async () => {
    const checkpoint = new Checkpoint(kv, target.id, "tiny");
    return [
      await catchUp({ job: "tiny", checkpoint, target }, { isStored: false }),
      checkpoint,
    ] as const;
  };
  assertEquals((await learn())[0].tracks, []);
  await target.prepare({});
  const entry = {
    ...{ job: "tiny", ...THINGS, from: "2025-01-01", to: "2025-01-02", records: 1, rows: 1 },
    ...{ rejected: 0, pages: 1, responseMs: 1, settled: true, fetchedAt: "2025-01-03T00:00:00Z" },
  };
  await target.write([], [entry]);
  assertEquals(await ranges((await learn())[1]), ["2025-01-01 2025-01-02"]);
});
