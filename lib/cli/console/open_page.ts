// Opens the console's page for the process that serves it: `console`, `backfill --console` and `cron` differ only
// in where they read and who may see it.
import { type Console, type ConsoleOptions, openConsole } from "../../console/console.ts";
import { namedJob } from "../default_job.ts";
import { safeText } from "../output.ts";
import { asStarted } from "../own_commands.ts";

/** What differs between the processes that serve the page. */
export type PageOptions = Omit<ConsoleOptions, "wallNow" | "command" | "mask">;

/** Opens the page; what it serves is masked like everything that the process prints. */
export function openPage(options: PageOptions): Console {
  return openConsole({
    ...options,
    wallNow: Date.now,
    mask: safeText,
    command: (text) => asStarted(text, namedJob(Deno.args)),
  });
}
