// Owns the keys of a stream's `export`: data that is ordered first, prepared by the API, and fetched when it
// is ready. Schema only; lib/fetch/ordered_export.ts orders it.
import { z } from "zod";
import { hosts } from "./paging_schema.ts";
import { request } from "./request_schema.ts";
import { duration, path, scalar } from "./scalar_schema.ts";

const states = z.array(scalar.transform(String)).min(1, { error: "expected at least one" });

/** The schema of `export`. */
export const exported = z.strictObject({
  order: request.describe("Request that orders the export: a path, or a mapping.").meta({
    example: { path: "/reports", method: "POST", body: { from: "{from}", to: "{last}" } },
  }),
  id: path.describe("Path of the ID in the response to the order, or `$header.NAME`.").meta({
    example: "report_id",
  }),
  status: request.describe(
    "Request for the state of the export; `{export.id}` is its ID.",
  ).meta({ example: "/reports/{export.id}" }),
  state: path.describe("Path of the state in the response to `status`.").meta({
    example: "status",
  }),
  done: states.describe("States in which the export is ready.").meta({
    kind: "list of values",
    example: ["COMPLETED"],
  }),
  failed: states.optional().describe("States in which the export has failed.").meta({
    kind: "list of values",
    example: ["FAILED", "CANCELLED"],
  }),
  empty: states.optional().describe("States that mean that there is no data.").meta({
    kind: "list of values",
    example: ["NO_DATA"],
  }),
  files: path.optional().describe(
    "Path of the URL of the file in the response to `status`, or of a list of URLs; they replace `request`.",
  ).meta({ example: "files[].url" }),
  hosts,
  wait: duration.prefault("2s").describe(
    "Wait before the state is requested again. It grows to a minute, or stays at this duration if that is longer.",
  ),
  timeout: duration.prefault("24h").describe("How long an export may take."),
});
