// Owns the effect of SIGINT and SIGTERM, and of SIGHUP if it ends a command (hangup.ts): the first signal
// stops the run, the second exits at once, and a run that has not stopped in time is abandoned: its
// transaction is rolled back, and its checkpoint holds what was committed before.
import { Failure } from "../failure.ts";
import { EXIT } from "./exit.ts";
import { hangupEnds } from "./hangup.ts";

/** Time that a run has to stop; Deno Deploy kills the process 5 s after SIGINT. */
const STOP_MS = 4300;

/**
 * A terminal sends Ctrl+C to the whole process group, and `deno task` and launch.ts forward it, so one key
 * press may arrive twice.
 */
const SAME_PRESS_MS = 200;

/** A signal that aborts at the first SIGINT or SIGTERM; listeners are removed by disposing it. */
export class StopSignal implements Disposable {
  readonly #controller = new AbortController();
  readonly #onSignal: () => void;
  readonly #onHangup: () => void;
  #firstAtMs: number | undefined;

  /** `announce` is called once, at the first signal; `onLeave` before a run is abandoned. */
  constructor(announce: () => void, onLeave: () => void = () => {}) {
    const leave = () => {
      onLeave();
      Deno.exit(EXIT.interrupted);
    };
    this.#onSignal = () => {
      const now = performance.now();
      if (this.#firstAtMs === undefined) {
        this.#firstAtMs = now;
        announce();
        const left = setTimeout(leave, STOP_MS);
        Deno.unrefTimer(left);
        this.#controller.abort(new Failure("interrupted", "Interrupted by a signal"));
      } else if (now - this.#firstAtMs > SAME_PRESS_MS) leave();
    };
    this.#onHangup = hangupEnds() ? this.#onSignal : () => {};
    for (const name of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(name, this.#onSignal);
    Deno.addSignalListener("SIGHUP", this.#onHangup);
  }

  /** Aborts at the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Stops listening to signals. */
  [Symbol.dispose](): void {
    for (const name of ["SIGINT", "SIGTERM"] as const) {
      Deno.removeSignalListener(name, this.#onSignal);
    }
    Deno.removeSignalListener("SIGHUP", this.#onHangup);
  }
}
