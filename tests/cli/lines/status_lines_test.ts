// When `status` says that dates are fetched again, in its details and its JSON.
import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  detailLines,
  type Status,
  statusJson,
  type StreamStatus,
} from "../../../lib/cli/lines/status_lines.ts";

const MINUTE_MS = 60_000;

function statusOf(next: StreamStatus["next"]): Status {
  const orders: StreamStatus = {
    ...{ group: "events", scope: "", coverage: [], empty: [], unsettled: [], gaps: [] },
    ...{ failed: [], rejected: [], fetched_at: null, items: 0, rows: 0, scopes: [] },
    ...{ isDated: true, values: 0, missing_values: 0, feeds: [], failedWindows: [], next },
  };
  return {
    ...{ job: "shop", target: "postgres://me@localhost:5432/shop", streams: { orders } },
    ...{ tables: {}, archive: null, runs: [], workers: [], drift: [] },
  };
}

Deno.test("status shows when dates are due again and at which age, in text and in JSON", () => {
  const atMs = Date.parse("2026-12-01T00:00:00Z");
  for (const [minutes, age] of [[4320, "3d"], [720, "12h"], [90, "90m"], [1500, "25h"]] as const) {
    const status = statusOf({ atMs, ageMs: minutes * MINUTE_MS });
    const { due } = JSON.parse(statusJson(status)).streams.orders;
    assertEquals(due, { at: "2026-12-01T00:00:00.000Z", age });
    assertStringIncludes(
      detailLines(status).join("\n"),
      `due        from 2026-12-01 00:00 UTC, at the age of ${age}`,
    );
  }
});

Deno.test("status has no due date in JSON when no ages are left", () => {
  const { due } = JSON.parse(statusJson(statusOf(undefined))).streams.orders;
  assertEquals(due, null);
});
