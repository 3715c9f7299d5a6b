// Forwards SIGINT and SIGTERM, and SIGHUP if it ends a command (hangup.ts), from the launcher to the
// command, and kills a command that does not end in time. The embedded database runs in the command's
// process; while it is busy (creating a database takes seconds), that process handles no signals. Nothing
// that was committed is lost.
import { hangupEnds } from "../hangup.ts";
import { PREFIX } from "../own_commands.ts";

/** Time that a command has to end; slightly longer than its own limit. Deno Deploy allows 5 s. */
const STOP_MS = 4500;
/** Time after the second signal. */
const LEAVE_MS = 250;
/** Ctrl+C arrives from the terminal and from `deno task`: two signals within this time count as one. */
const SAME_PRESS_MS = 200;

/** Time after which a child that Ctrl+Z stops has stopped. */
const STOPPED_MS = 100;

/** Forwards signals. */
export interface SignalPassing {
  /**
   * Forwards signals to a child and its helpers until it ends, and returns its exit code. The helpers are ended
   * after it, unless it was killed: then they finish its work.
   */
  until(child: Deno.ChildProcess, helpers?: readonly Deno.ChildProcess[]): Promise<number>;
}

/**
 * Listens for SIGINT and SIGTERM; without a child, the first of them ends this process. `exitCode` is the
 * exit code of an interrupted command; `onKill` is called before a command is killed.
 */
export function passSignals(exitCode: number, onKill: () => void): SignalPassing {
  let children: readonly Deno.ChildProcess[] = [];
  let firstAtMs: number | undefined;
  const kill = () => {
    onKill();
    for (const child of children) send(child, "SIGKILL");
  };
  const onSignal = (signal: Deno.Signal) => {
    if (children.length === 0) Deno.exit(exitCode);
    const now = performance.now();
    const isSecond = firstAtMs !== undefined && now - firstAtMs > SAME_PRESS_MS;
    for (const child of children) send(child, signal);
    if (firstAtMs === undefined || isSecond) {
      Deno.unrefTimer(setTimeout(kill, isSecond ? LEAVE_MS : STOP_MS));
    }
    firstAtMs ??= now;
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => onSignal(signal));
  }
  if (isUnderDenoTask()) Deno.addSignalListener("SIGTSTP", () => goOn(children));
  const onHangup = hangupEnds() ? () => onSignal("SIGHUP") : () => {};
  Deno.addSignalListener("SIGHUP", onHangup);
  return {
    until: async (child, helpers = []) => {
      children = [child, ...helpers];
      const { code, signal } = await child.status;
      if (signal === null) { for (const helper of helpers) send(helper, "SIGTERM"); }
      await Promise.all(helpers.map((helper) => helper.status));
      // A command that does not listen yet, or no longer, is ended by the signal itself.
      return firstAtMs === undefined || signal === null ? code : exitCode;
    },
  };
}

/** `deno task` ignores Ctrl+Z: a command that stopped alone would leave a terminal without a foreground process. */
function isUnderDenoTask(): boolean {
  return Deno.build.os !== "windows" && PREFIX === "deno task" &&
    Deno.env.get("INIT_CWD") !== undefined;
}

function goOn(children: readonly Deno.ChildProcess[]): void {
  setTimeout(() => {
    for (const child of children) send(child, "SIGCONT");
  }, STOPPED_MS);
}

function send(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch { /* it has ended already */ }
}
