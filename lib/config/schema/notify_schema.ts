// Owns the keys under `notify`: where a run reports how it ended and that it waits. Schema only.
import { z } from "zod";
import { formerly, secret } from "./scalar_schema.ts";

export type { Notify } from "../job/source.ts";

/** The schema of `notify`. */
export const notify = z.strictObject({
  url: secret.meta({ literal: true }).describe(
    "Webhook that receives each report by POST, as JSON with a `text` that Slack displays.",
  ).meta({ kind: "URL", example: "${SLACK_WEBHOOK_URL}" }),
  events: z.array(z.enum(["failed", "done", "waiting", "drift"])).min(1, {
    error: "expected at least one",
  })
    .default(["failed", "done", "waiting", "drift"]).describe(
      "What is reported: a run that failed, a run that is done, a wait of more than an hour, and fields of responses that changed.",
    ).meta({
      kind: "list of `failed`, `done`, `waiting`, `drift`",
      example: ["failed"],
      ...formerly("on"),
    }),
}).meta({ shorthand: "url" });
