// Runs a job for an API like a real one, as a newcomer writes it from docs/config.md: against a server that refuses
// what the API would refuse, twice, and compares the rows with those expected.
import { assertEquals } from "@std/assert";
import { type Recorded, recorded } from "./recorded.ts";
import { openWorld } from "./world.ts";

/** An API and the job for it. */
export interface Stranger {
  /** The job; `URL` stands for the server. */
  readonly job: string;
  /** Responds to a request; undefined for one that the API would not know. */
  readonly answer: (
    url: URL,
    request: Request,
  ) => Response | undefined | Promise<Response | undefined>;
  /** Dates and parameters of the run. */
  readonly run: string;
  /** Variables beside the URL. */
  readonly env?: Readonly<Record<string, string>>;
  /** Rows by query, each as an array. */
  readonly rows: Readonly<Record<string, readonly (readonly unknown[])[]>>;
  /** Requests that the first run sends; not counted unless given. */
  readonly requests?: number;
}

/** Loads the job twice: every row is right, and nothing changes the second time. */
export async function assertLoads(
  { job, answer, run, env, rows, requests }: Stranger,
): Promise<void> {
  await using server: Recorded = recorded(answer);
  await using world = await openWorld({
    job: job.replaceAll("URL", server.url).trim(),
    ...env === undefined ? {} : { env },
    now: "2025-06-01T12:00:00Z",
  });
  const first = await world.backfill(run);
  assertEquals(
    [first.error, first.summary.ok, first.summary.rejected],
    [undefined, true, 0],
    JSON.stringify(first.events.filter(({ kind }) => /failed|rejected/.test(kind))),
  );
  if (requests !== undefined) assertEquals(server.asked.length, requests);
  for (const [sql, expected] of Object.entries(rows)) {
    assertEquals((await world.query(sql)).map((row) => Object.values(row)), expected);
  }
  const again = await world.backfill(run);
  for (const { inserted, updated } of Object.values(again.summary.rows)) {
    assertEquals([inserted, updated], [0, 0]);
  }
}
