// Owns the keys under `archive`: where responses are kept and for how long. Schema only. A folder must be
// below the working folder, because the command may write to it and a job may come from a stranger.
import { z } from "zod";
import { isArchivePath } from "../job/archive.ts";
import { duration } from "./scalar_schema.ts";

const EXPECTED =
  "expected a folder below this one, such as ./data/archive, or s3://bucket/prefix; " +
  "any other folder goes into the variable BACKFILL_ARCHIVE";

/** An interrupted window is continued from the archive for a day. */
const LEAST_KEEP_MS = 2 * 86_400_000;

/** The schema of `archive`. */
export const archive = z.strictObject({
  path: z.string().refine(isArchivePath, { error: EXPECTED }).describe(
    "Folder or bucket that keeps every response, as WARC files.",
  ).meta({ kind: "folder or s3://bucket/prefix", example: "./data/archive" }),
  keep: duration.refine((ms) => ms >= LEAST_KEEP_MS, { error: "expected at least 2d" }).optional()
    .describe(
      "How long files are kept after their last response. If omitted, files are kept forever.",
    ).meta({
      kind: "duration",
      example: "400d",
    }),
}).meta({ shorthand: "path" });
