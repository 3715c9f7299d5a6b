// Runs the project's commands in tests as a user does: `deno task NAME ARGS` in a separate process. It never runs a
// command inside the test's process. Invariant: every run ends, with its child processes, at its time limit at the
// latest.
import { REPOSITORY } from "./repository.ts";

/** How a run ended and what it printed. */
export interface TaskResult {
  code: number;
  /** The signal that ended it, if one did. */
  signal: Deno.Signal | null;
  stdout: string;
  stderr: string;
}

/** Options of {@linkcode spawnTask}. */
export interface TaskOptions {
  /** Added to the environment, which otherwise is the test's own without Hindcast's settings. */
  env?: Record<string, string>;
  /** A folder with a deno.json, such as a copy of the repository. Defaults to the repository. */
  cwd?: string;
  /** When to kill the run. Defaults to 60000. */
  timeoutMs?: number;
}

/** Options of {@linkcode runTask}. */
export interface RunOptions extends TaskOptions {
  /** Sends a signal as soon as the output, standard or error, contains a text. */
  signalAfter?: { text: string; signal: Deno.Signal };
}

/** A run in progress; killed with its children at the end of its scope. */
export interface RunningTask extends AsyncDisposable {
  readonly pid: number;
  /** What it has printed so far. */
  readonly output: { readonly stdout: string; readonly stderr: string };
  /** How it ended. */
  readonly result: Promise<TaskResult>;
  /**
   * Resolves when the output, standard or error, contains a text.
   *
   * @throws {Error} with the output when the run ends without it
   */
  printed(text: string): Promise<void>;
  /** Sends a signal; `deno task` passes it on to the command. */
  kill(signal: Deno.Signal): void;
}

/** Runs a task to its end. */
export async function runTask(
  name: string,
  args: string[] = [],
  options: RunOptions = {},
): Promise<TaskResult> {
  await using task = spawnTask(name, args, options);
  if (options.signalAfter) {
    await task.printed(options.signalAfter.text);
    task.kill(options.signalAfter.signal);
  }
  return await task.result;
}

/** Starts a task and returns while it runs. */
export function spawnTask(
  name: string,
  args: string[] = [],
  options: TaskOptions = {},
): RunningTask {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", name, ...args],
    cwd: options.cwd ?? REPOSITORY,
    clearEnv: true,
    env: { ...inherited(), NO_COLOR: "1", ...options.env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  }).spawn();
  return watch(child, options.timeoutMs ?? 60_000);
}

/** A developer's own credentials and database must not reach the tests. */
function inherited(): Record<string, string> {
  const settings = /^(RACING_|BACKFILL_|HINDCAST_|PG|DATABASE_URL$)/;
  return Object.fromEntries(
    Object.entries(Deno.env.toObject()).filter(([name]) => !settings.test(name)),
  );
}

function watch(child: Deno.ChildProcess, timeoutMs: number): RunningTask {
  const output = { stdout: "", stderr: "" };
  const { notify, printed } = watcher(() => output.stdout + output.stderr);
  const read = async (stream: "stdout" | "stderr") => {
    for await (const text of child[stream].pipeThrough(new TextDecoderStream())) {
      output[stream] += text;
      notify();
    }
  };
  let ended = false;
  // Later the number may belong to another process.
  const killAll = () => ended || killGroup(child.pid);
  const timer = setTimeout(killAll, timeoutMs);
  addEventListener("unload", killAll);
  const end = async () => {
    const { code, signal } = await child.status;
    killAll();
    ended = true;
    clearTimeout(timer);
    removeEventListener("unload", killAll);
    await reading;
    return { code, signal, ...output };
  };
  const reading = Promise.all([read("stdout"), read("stderr")]);
  const result = end();
  result.then(() => notify(true));
  return {
    pid: child.pid,
    output,
    result,
    printed,
    kill: (signal) => child.kill(signal),
    [Symbol.asyncDispose]: async () => {
      killAll();
      await result;
    },
  };
}

/** Lets several callers wait for strings in a growing output. */
function watcher(output: () => string): {
  notify: (isOver?: boolean) => void;
  printed: (text: string) => Promise<void>;
} {
  const checks = new Set<(isOver: boolean) => void>();
  let ended = false;
  return {
    notify: (isOver = false) => {
      ended ||= isOver;
      for (const check of checks) check(ended);
    },
    printed: (text) =>
      new Promise((resolve, reject) => {
        const check = (isOver: boolean) => {
          if (output().includes(text)) resolve();
          else if (isOver) reject(new Error(`Cannot find ${JSON.stringify(text)} in: ${output()}`));
          else return;
          checks.delete(check);
        };
        checks.add(check);
        check(ended);
      }),
  };
}

/** A detached child leads a process group, so the signal also reaches the processes that it started. */
function killGroup(pid: number): void {
  try {
    Deno.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
