// Owns the one error class of the project. An error is classed by what it means for the run, not by
// where it came from; the exit code, the retry decision and the wording of the last line follow from
// the class alone. It never carries a secret: messages are built from masked values.

/**
 * What a failure means for the run.
 *
 * - `configuration`: nothing was started; exit 2.
 * - `refused`: the source says no to everything (401, 403); the run stops, exit 1.
 * - `unavailable`: the API cannot be used now (unreachable, or a quota is used up); the run stops, exit 1.
 * - `window`: this window fails and is recorded; the run goes on, exit 1 at the end.
 * - `target`: the database cannot take rows; the run stops, exit 1.
 * - `checkpoint`: the checkpoint cannot be read or written; the run stops, exit 1.
 * - `locked`: another run holds the job or the files; exit 1.
 * - `interrupted`: a signal; everything is saved, exit 130.
 */
export type FailureKind =
  | "configuration"
  | "refused"
  | "unavailable"
  | "window"
  | "target"
  | "checkpoint"
  | "locked"
  | "interrupted";

/** An error with a consequence and the next thing to do. */
export class Failure extends Error {
  /** Tells it from other errors. */
  override readonly name = "Failure";
  /** What the failure means for the run. */
  readonly kind: FailureKind;
  /** One sentence or command that says what to do next. */
  readonly hint: string | undefined;
  /** Whether the window held more records than the source gives, so that shorter ones may succeed. */
  readonly tooFull: boolean;
  /** Whether the cause may be temporary, so that the window is worth another fetch. */
  readonly mayPass: boolean;

  /** Makes a failure; `message` says "Cannot <do> <thing>: <what is the case>". */
  constructor(
    kind: FailureKind,
    message: string,
    options: { hint?: string | undefined; cause?: unknown; tooFull?: boolean; mayPass?: boolean } =
      {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.hint = options.hint;
    this.tooFull = options.tooFull ?? false;
    this.mayPass = options.mayPass ?? false;
  }
}
