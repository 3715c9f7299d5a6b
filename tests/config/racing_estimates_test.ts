import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { estimatesPage } from "../../config/racing_estimates.ts";
import { openJob } from "../../lib/cli/open_job.ts";
import { REPOSITORY } from "../support/repository.ts";

const job = () => openJob(join(REPOSITORY, "config/racing.yaml"), () => undefined);

Deno.test("docs/estimates.md shows the forecast of the racing job", async () => {
  const written = await Deno.readTextFile(join(REPOSITORY, "docs/estimates.md"));
  assert(written === estimatesPage(await job()), "run deno task docs");
});

Deno.test("estimatesPage() states a day, a month, a year, 2015 and 1988 to now, and the daily update", async () => {
  const rows = estimatesPage(await job()).split("\n").filter((line) => line.startsWith("| "));
  assertEquals(rows.slice(2, 8).map((row) => row.split(" | ")[0]), [
    "| a day",
    "| a month",
    "| a year",
    "| 2015 to now",
    "| 1988 to now",
    "| the daily update",
  ]);
});

Deno.test("estimatesPage() shows other times for another limit", async () => {
  const racing = await job();
  const faster = { ...racing, source: { ...racing.source, limits: [] } };
  const [time, less] = [racing, faster].map((job) =>
    /\| a year \|[^|]+\|[^|]+\| ([^|]+) \|/.exec(estimatesPage(job))![1]
  );
  assertEquals([time, less], ["4 min 22 s", "3 min 4 s"]);
});
