// Owns the help of the tool itself: one line per command, in the order in which a newcomer needs them. Each
// command documents its own options. Pure.

/** The commands, each with what it does. */
export const ABOUT_COMMANDS: Readonly<Record<string, string>> = {
  demo: "See it work: a local API, an embedded database, 14 days.",
  new: "Create a project folder with a job to start from.",
  init: "Write a job file from questions, a sample or an OpenAPI document.",
  check: "Check job files and print every problem with its line and column.",
  probe: "Send one real request and show the rows that it produces.",
  doctor: "Check credentials, API, database, checkpoint and permissions.",
  backfill: "Fetch a range of dates into the database; --resume continues.",
  worker: "Join a run that is in progress, on this machine or another.",
  status: "Show coverage, gaps, failed windows, rows and runs.",
  errors: "List failed windows and rejected rows, and what to do about them.",
  verify: "Run the job's checks and compare coverage with the database.",
  query: "Run a read-only SQL query on the database.",
  console: "Serve a page with coverage, the run in progress and errors.",
  cron: "Run the daily update on a schedule and serve a status page.",
  archive: "Verify, prune or export the archive of responses.",
  checkpoint: "Restore a lost checkpoint from the database.",
  sandbox: "Run the simulated API that the demo uses.",
};

/** The text of `hindcast --help`; `start` is how commands are started, such as `deno task`. */
export function usageText(start: string): string {
  const lines = Object.entries(ABOUT_COMMANDS).map(([name, about]) =>
    `  ${name.padEnd(10)}  ${about}`
  );
  return [
    `usage: ${start} COMMAND [options]`,
    "",
    "Backfills date-queryable, rate-limited APIs into PostgreSQL.",
    "",
    "commands:",
    ...lines,
    "",
    `${start} COMMAND --help lists the options of a command.`,
  ].join("\n");
}
