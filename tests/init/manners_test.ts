import { assertEquals } from "@std/assert";
import { inspectJob } from "../../lib/config/read_job.ts";
import { draftOfOpenApi } from "../../lib/init/job_draft.ts";
import { readOpenApi } from "../../lib/init/openapi/document.ts";
import { writeJob } from "../../lib/init/write_job.ts";
import { openWorld } from "../jobs/world.ts";
import { serve } from "../support/http_server.ts";
import { type Manner, MANNERS } from "./manners.ts";
import { MORE_MANNERS } from "./more_manners.ts";

/** The job that is proposed for a document, for an API at an address. */
async function proposed({ document, path }: Manner, url: string): Promise<string> {
  const text = typeof document === "string" ? document : JSON.stringify(document);
  const read = readOpenApi(text.replace("TOKEN_URL", `${url}/token`));
  const job = writeJob(draftOfOpenApi(read, { path, url }), "job.schema.json", "deno task init");
  const { problems } = await inspectJob("job.yaml", { readText: () => job, env: () => undefined });
  assertEquals(problems.map(({ message }) => message), [], job);
  return job;
}

for (const manner of [...MANNERS, ...MORE_MANNERS]) {
  Deno.test(`the job that init proposes loads every record of an API like ${manner.like}`, async () => {
    await using server = serve((request) => manner.answer(new URL(request.url), request));
    const job = await proposed(manner, server.url);
    await using world = await openWorld({ job, env: manner.env });
    const { summary, error } = await world.backfill(manner.flags);
    assertEquals([error, summary.ok, summary.rejected], [undefined, true, 0], job);
    for (const [table, rows] of Object.entries(manner.rows)) {
      const [found] = await world.query(`SELECT count(*) AS n FROM ${table}`);
      assertEquals(found, { n: rows }, `${table}\n${job}`);
    }
  });
}
