// Opens what coverage is verified with: a real database and a real checkpoint for a small job, and functions
// that do what a run does at the end of a batch: write rows and ledger, then the checkpoint, or only one.
import { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import { openKv } from "../../lib/checkpoint/open_kv.ts";
import type { Job } from "../../lib/config/schema/job.ts";
import { readJob } from "../../lib/config/read_job.ts";
import { parseCivil } from "../../lib/plan/time/civil.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import type { Target } from "../../lib/upsert/write/target.ts";
import { sharedPostgres } from "../support/postgres_server.ts";
import { tempDir } from "../support/temp.ts";
import type { LedgerEntry } from "../../lib/upsert/sql/ledger_sql.ts";

/** The default job. */
export const JOB = `job: tiny
source: https://api.example.com
tables:
  kinds: { key: id, columns: { id: text } }
  things: { key: id, columns: { id: text, day: date, kind: text } }
streams:
  kinds: { group: masters, request: /kinds, rows: kinds }
  things:
    request: { path: /things, query: { day: "{from}" } }
    window: day
    rows: things
checks:
  counts: { sql: SELECT count(*) AS things FROM things, expect: { things: "> 0" } }
  shown: { about: All of them, sql: SELECT id FROM things ORDER BY id }
  broken: { sql: SELECT * FROM nowhere, expect: rows }
  writing: { sql: DELETE FROM things RETURNING id, expect: no_rows }
`;

/** A job with its database and checkpoint. */
export interface Proving extends AsyncDisposable {
  readonly job: Job;
  readonly target: Target;
  /** Address of the database. */
  readonly url: string;
  readonly checkpoint: Checkpoint;
  /** Puts a window into the ledger, and rows into the table where it has any. */
  write(entry: Partial<LedgerEntry>): Promise<void>;
  /** Puts the stream without windows into ledger and checkpoint, so that it has no findings. */
  fetchKinds(): Promise<void>;
  /** Marks days, the last included, or a stream without windows, as done in the checkpoint. */
  cover(stream: string, first?: string, last?: string): Promise<void>;
}

/** Opens everything empty. */
export async function openProving(text = JOB): Promise<Proving> {
  const dir = tempDir();
  const job = await readJob("job.yaml", { readText: () => text, env: () => undefined });
  const url = await (await sharedPostgres()).createDatabase();
  const target = await openTarget(url);
  await target.prepare(job.tables);
  const kv = await openKv(dir.file("checkpoints.db"));
  const checkpoint = new Checkpoint(kv, target.id, job.job);
  return {
    ...{ job, target, url, checkpoint },
    write: (more) => write(target, more),
    fetchKinds: async () => {
      await write(target, { stream: "kinds", rows: 2 });
      await cover(checkpoint, "kinds", undefined, undefined);
    },
    cover: (stream, first, last = first) => cover(checkpoint, stream, first, last),
    [Symbol.asyncDispose]: async () => {
      kv.close();
      await target[Symbol.asyncDispose]();
      await dir[Symbol.asyncDispose]();
    },
  };
}

async function write(target: Target, more: Partial<LedgerEntry>): Promise<void> {
  const entry: LedgerEntry = {
    job: "tiny",
    stream: "things",
    scope: "",
    each: "",
    from: null,
    to: null,
    records: 0,
    rows: 0,
    rejected: 0,
    pages: 1,
    responseMs: 10,
    settled: true,
    fetchedAt: "2025-10-20T12:00:00Z",
    ...more,
  };
  await target.write([], [entry]);
  if (entry.rows === 0) return;
  await target.query(
    `INSERT INTO ${entry.stream} (id) SELECT 'id' || i FROM generate_series(1, ${entry.rows}) AS i
ON CONFLICT DO NOTHING`,
  );
}

async function cover(
  checkpoint: Checkpoint,
  stream: string,
  first: string | undefined,
  last: string | undefined,
): Promise<void> {
  const track = { stream, scope: "", each: "", rejected: [], rejectedCount: 0, requestedAt: 0 };
  if (first === undefined) {
    await checkpoint.done([{ ...track, window: null, parts: [] }], 0);
    return;
  }
  const window = { from: parseCivil(first)!, to: parseCivil(last!)! + 1440 };
  const parts = [{ ...window, empty: false, settled: true }];
  await checkpoint.done([{ ...track, window, parts }], 0);
}
