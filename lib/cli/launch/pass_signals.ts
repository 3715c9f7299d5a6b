// Owns what a launcher does with SIGINT and SIGTERM, and with SIGHUP where it ends a command (hangup.ts):
// it passes them on to the command, and ends one that does not obey. The embedded database works inside
// the command's process, and while it does (making a database takes seconds) nothing there hears a
// signal; nothing committed is lost by the end.
import { hangupEnds } from "../hangup.ts";

/** Time a command has to end; its own is a little shorter, and Deno Deploy's is 5 s. */
const STOP_MS = 4500;
/** Time after the second signal. */
const LEAVE_MS = 250;
/** A key press arrives from the terminal and from `deno task`: two signals within it are one. */
const SAME_PRESS_MS = 200;

/** What passes signals on. */
export interface SignalPassing {
  /** Passes them to a child until it ends, and returns its exit code. */
  until(child: Deno.ChildProcess): Promise<number>;
}

/**
 * Listens for SIGINT and SIGTERM; while there is no child, the first of them ends this process.
 * `exitCode` is what an interrupted command exits with, `onKill` is called before one is killed.
 */
export function passSignals(exitCode: number, onKill: () => void): SignalPassing {
  let child: Deno.ChildProcess | undefined;
  let firstAtMs: number | undefined;
  const kill = (child: Deno.ChildProcess) => {
    onKill();
    send(child, "SIGKILL");
  };
  const onSignal = (signal: Deno.Signal) => {
    if (child === undefined) Deno.exit(exitCode);
    const now = performance.now();
    const isSecond = firstAtMs !== undefined && now - firstAtMs > SAME_PRESS_MS;
    send(child, signal);
    if (firstAtMs === undefined || isSecond) {
      Deno.unrefTimer(setTimeout(kill, isSecond ? LEAVE_MS : STOP_MS, child));
    }
    firstAtMs ??= now;
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => onSignal(signal));
  }
  const onHangup = hangupEnds() ? () => onSignal("SIGHUP") : () => {};
  Deno.addSignalListener("SIGHUP", onHangup);
  return {
    until: async (started) => {
      child = started;
      const { code, signal } = await child.status;
      // A command that does not listen yet, or not any more, is ended by the signal itself.
      return firstAtMs === undefined || signal === null ? code : exitCode;
    },
  };
}

function send(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch { /* it has ended already */ }
}
