// What the others have done is unknown where the database is gone at the end of a shared run: it does not end as done.
import { assertEquals } from "@std/assert";
import type { Crew } from "../../lib/coordinate/crew.ts";
import { Failure } from "../../lib/failure.ts";
import type { RunEvent } from "../../lib/report/event.ts";
import { emptySummary } from "../../lib/report/summary.ts";
import { leaveCrew } from "../../lib/run_crew.ts";

Deno.test("a shared run fails if the summaries of its other workers cannot be read", async () => {
  const gone = () => Promise.reject(new Failure("target", "the database is away"));
  const crew = { isShared: true, others: gone, leave: gone } as unknown as Crew;
  const summary = emptySummary("run");
  const events: RunEvent[] = [];
  const listen = (event: RunEvent) => void events.push(event);
  await leaveCrew(crew, { joined: undefined, windDown: undefined, listen }, summary)
    .catch(() => {});
  assertEquals(summary.outcome, "failed");
  const message = "Cannot read whether the other workers fetched everything: the database is away";
  assertEquals(events, [{ kind: "warning", message }]);
});
