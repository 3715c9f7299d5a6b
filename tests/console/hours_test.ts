// Windows of hours: the numbers of a heat map count days, of which one may be done in part.
import { assertStringIncludes } from "@std/assert";
import { StreamMap } from "../../lib/console/page/heat_map.tsx";
import type { StreamState } from "../../lib/console/state/console_state.ts";
import { parseCivil } from "../../lib/plan/time/civil.ts";

const range = (from: string, to: string) => ({ from: parseCivil(from)!, to: parseCivil(to)! });

Deno.test("the numbers of a heat map end with the last day that has an hour", () => {
  const stream = {
    ...{ name: "hours", group: "events", scope: "", empty: [], unsettled: [], failed: [] },
    ...{ rejected: [], fetched_at: null, items: 0, isDated: true, feeds: [], days: undefined },
    ...{ entries: [], otherScopes: [], rows: 0, values: 0, missing_values: 0 },
    coverage: [range("2026-11-27T00:00", "2026-11-28T05:00")],
    gaps: [range("2026-11-28T05:00", "2026-11-28T06:00")],
  } as unknown as StreamState;
  const html = String(StreamMap({ stream, streams: 1 }));
  assertStringIncludes(html, "2026-11-27 to 2026-11-28 · 1 of 2 days done");
});
