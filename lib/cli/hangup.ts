// Owns the effect of SIGHUP, which a terminal sends to its processes when it closes. A command that writes
// to the terminal saves its state and ends; a command whose output goes to a file or a pipe (nohup, cron)
// continues. Ignoring the signal, as nohup does, has no effect here: `deno task` listens to every signal,
// so its child processes no longer ignore any.

/** Whether SIGHUP ends this process, as SIGTERM does; must be called while the terminal exists. */
export function hangupEnds(): boolean {
  return Deno.stdout.isTerminal() || Deno.stderr.isTerminal();
}
