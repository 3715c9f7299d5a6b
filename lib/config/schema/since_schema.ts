// Owns the keys under `since` of a stream: a feed that continues where its last reading ended. Schema only;
// lib/config/resolve/since.ts checks the keys against the rest of the stream.
import { z } from "zod";
import { more } from "./paging_schema.ts";
import { path } from "./scalar_schema.ts";

/** The schema of `since`. */
export const since = z.strictObject({
  start: z.union([z.string(), z.number()], { error: "expected a date, a string or a number" })
    .optional().describe(
      "Where the first reading begins: a date, which `{since|epoch}` formats, or any other value that the API accepts. If omitted, the first request sends no position.",
    ).meta({ kind: "date, string or number", example: "2020-01-01" }),
  cursor: path.optional().describe(
    "Path of the cursor at which the next request continues, or `$header.NAME`. A request sends it as `{since}` or `{since.cursor}`. One of `cursor` and `link` is required.",
  ).meta({ example: "last_seq" }),
  link: path.optional().describe(
    "Path of the URL at which the next request continues, on the host of `source.url`.",
  ).meta({ example: '["@odata.deltaLink"]' }),
  more: more.describe(
    "Path of a flag that is false on the last page, or a condition that holds while more pages follow. If omitted, an empty page or a cursor that does not change is the last page.",
  ).meta({ kind: "path or condition", example: { path: "end_of_stream", is: [false] } }),
  page: z.enum(["first", "last"]).default("last").describe(
    "With `paging`, which page of a reading holds the cursor: the `last`, or the `first` if the API returns the newest records first.",
  ),
  expired_statuses: z.array(z.int().min(400).max(499)).default([410]).describe(
    "HTTP statuses by which the API refuses a cursor that has expired. The stream then fails until it is restarted with `--from-start`.",
  ).meta({ kind: "list of statuses", example: [410] }),
});
