// Owns how Hindcast names its own commands to the user: in the form it was started in, with the job file
// that was given. Modules write `deno task NAME`; what is printed passes through here. Pure.
import { IS_BUNDLED } from "./package_files.ts";

/** Commands that take the job as `--config`. */
const TAKES_CONFIG = /^(backfill|status|errors|verify|checkpoint|cron|probe|doctor)(:|$)/;

/** How commands are started. */
const PREFIX = IS_BUNDLED ? "hindcast" : "deno task";

/**
 * A text whose commands can be pasted: `deno task errors` becomes `deno task errors --config FILE`, unless
 * the job file is undefined because none was named.
 */
export function asStarted(text: string, file: string | undefined, prefix: string = PREFIX): string {
  return text.replace(/\bdeno task ([\w:]+)/g, (command, name: string, at: number) => {
    const started = `${prefix} ${name}`;
    const rest = /^[^,;\n]*/.exec(text.slice(at + command.length))![0];
    const isComplete = file === undefined || /--config\b/.test(rest);
    return isComplete || !TAKES_CONFIG.test(name) ? started : `${started} --config ${quoted(file)}`;
  });
}

function quoted(file: string): string {
  return /^[\w./:@%+-]+$/.test(file) ? file : `'${file.replaceAll("'", `'\\''`)}'`;
}
