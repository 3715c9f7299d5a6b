// Owns what SIGHUP means, which a terminal sends to what it runs when it closes. A command that shows
// itself there ends with it, its state saved; one whose output goes to a file or a pipe (nohup, cron)
// goes on. nohup's own way, an ignored signal, does not reach a command: `deno task` listens to every
// signal, and what it starts no longer ignores any.

/** Whether a hangup ends this process, as SIGTERM does; asked at its start, while the terminal is there. */
export function hangupEnds(): boolean {
  return Deno.stdout.isTerminal() || Deno.stderr.isTerminal();
}
