// Reports how a run ended, and that it waits for more than an hour, to a webhook. It never fails a run: what
// cannot be delivered after a few attempts becomes a warning. Invariant: every text is masked, and at most one
// report of each kind is under way.
import type { Notify } from "../config/schema/notify_schema.ts";
import type { RunEvent } from "./event.ts";
import { plainLines } from "./plain_lines.ts";
import type { Summary } from "./summary.ts";
import type { Mask } from "./text/mask.ts";
import { formatWait, type Wait } from "./text/wait.ts";

/** What a webhook receives; its field names are stable. */
interface Report {
  /** One or more lines for display; Slack shows them. */
  readonly text: string;
  /** What happened. */
  readonly event: Notify["events"][number];
  /** Name of the job. */
  readonly job: string;
  /** ID of the run. */
  readonly run: string;
  /** The wait, where the run waits. */
  readonly wait?: Wait;
  /** What the run did, where it has ended. */
  readonly summary?: Summary;
}

/** What a notifier needs. */
interface NotifierOptions {
  /** Which events are reported. */
  readonly events: Notify["events"];
  /** Name of the job. */
  readonly job: string;
  /** ID of the run. */
  readonly run: string;
  /** Sends a JSON text; throws where the webhook did not accept it. */
  readonly post: (body: string) => Promise<void>;
  /** Waits between two attempts. */
  readonly sleep: (ms: number) => Promise<void>;
  /** Hides secrets. */
  readonly mask: Mask;
  /** Receives what could not be delivered. */
  readonly warn: (message: string) => void;
}

const ATTEMPTS = 3;
const FIRST_RETRY_MS = 1_000;
const LONG_WAIT_MS = 3_600_000;

/** Reports of one run. */
export class Notifier {
  readonly #options: NotifierOptions;
  readonly #sending = new Set<Promise<void>>();
  #reportedSinceMs: number | undefined;

  /** Reports nothing yet. */
  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  /** Reports a wait of more than an hour, once, and each change of the responses. */
  note(event: RunEvent): void {
    if (event.kind === "drift") {
      return this.#report({ event: "drift", text: plainLines(event).join("\n") });
    }
    if (event.kind !== "waiting") return;
    const { wait } = event;
    if (wait === null) {
      this.#reportedSinceMs = undefined;
      return;
    }
    const isLong = wait.untilMs - wait.sinceMs > LONG_WAIT_MS;
    if (!isLong || this.#reportedSinceMs === wait.sinceMs) return;
    this.#reportedSinceMs = wait.sinceMs;
    this.#report({ event: "waiting", text: formatWait(wait), wait });
  }

  /** Reports how the run ended, and waits until all reports are delivered or given up. */
  async finish(summary: Summary, error: unknown): Promise<void> {
    if (summary.outcome !== "interrupted") {
      const lines = plainLines({ kind: "run_finished", summary }).slice(-1);
      const reason = error instanceof Error ? [error.message] : [];
      this.#report({ event: summary.outcome, text: [...lines, ...reason].join("\n"), summary });
    }
    await Promise.all(this.#sending);
  }

  #report(what: Omit<Report, "job" | "run">): void {
    const { events, job, run, mask } = this.#options;
    if (!events.includes(what.event)) return;
    const report: Report = { ...what, text: `Hindcast ${job}: ${what.text}`, job, run };
    const body = JSON.stringify(
      report,
      (_, value) => typeof value === "string" ? mask(value) : value,
    );
    const sending = this.#send(body).finally(() => this.#sending.delete(sending));
    this.#sending.add(sending);
  }

  async #send(body: string): Promise<void> {
    const { post, sleep, mask, warn } = this.#options;
    for (let attempt = 1;; attempt++) {
      try {
        return await post(body);
      } catch (error) {
        if (attempt === ATTEMPTS) {
          const reason = error instanceof Error ? error.message : String(error);
          return warn(mask(`Cannot notify: ${reason}`));
        }
        await sleep(FIRST_RETRY_MS * 2 ** (attempt - 1));
      }
    }
  }
}
