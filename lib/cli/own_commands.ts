// Owns how Hindcast names its own commands to the user: in the form it was started in, with the job file
// that was given. Modules write `deno task NAME`; what is printed passes through here.
import { IS_BUNDLED } from "./package_files.ts";

/** Commands that take the job as `--config`. */
const TAKES_CONFIG =
  /^(backfill|worker|status|errors|verify|query|archive|checkpoint|console|cron|probe|doctor)(:|$)/;

/** How commands are started; differs where Deno started the npm package, from a project's task. */
export const PREFIX: string = startedWith() ??
  (IS_BUNDLED ? "npx hindcast" : "deno task");

/**
 * A text whose commands can be pasted: `deno task errors` becomes `deno task errors --config FILE` and
 * `deno task check` becomes `deno task check FILE`, unless the job file is undefined because none was named.
 */
export function asStarted(text: string, file: string | undefined, prefix: string = PREFIX): string {
  return text.replace(/\bdeno task ([\w:]+)/g, (command, name: string, at: number) => {
    const started = `${prefix} ${name}`;
    const rest = /^[^,;\n]*/.exec(text.slice(at + command.length))![0];
    if (file !== undefined && name === "check" && rest.trim() === "") {
      return `${started} ${quoted(file)}`;
    }
    const isComplete = file === undefined || /--config\b/.test(rest);
    return isComplete || !TAKES_CONFIG.test(name) ? started : `${started} --config ${quoted(file)}`;
  });
}

/** A word of a command line, in quotes if a shell would split it. */
export function quoted(file: string): string {
  return /^[\w./:@%+-]+$/.test(file) ? file : `'${file.replaceAll("'", `'\\''`)}'`;
}

/** A variable of the environment; undefined for commands that may not read it. */
function startedWith(): string | undefined {
  try {
    return Deno.env.get("HINDCAST_COMMAND");
  } catch {
    return undefined;
  }
}
