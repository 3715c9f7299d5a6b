// Owns the error class of the project. An error is classified by its consequence for the run, not by its
// origin: the exit code, the retry decision and the last line of output depend only on its kind.

/**
 * What a failure means for the run.
 *
 * - `configuration`: nothing was started; exit 2.
 * - `refused`: the API refuses every request (401, 403); the run stops, exit 1.
 * - `unavailable`: the API cannot be used now (unreachable, or a quota is used up); the run stops, exit 1.
 * - `window`: this window fails and is recorded; the run continues, exit 1 at the end.
 * - `target`: the database cannot take rows; the run stops, exit 1.
 * - `checkpoint`: the checkpoint cannot be read or written; the run stops, exit 1.
 * - `archive`: responses cannot be archived or read back; the run stops, exit 1.
 * - `locked`: another run holds the lock of the job or of a file; exit 1.
 * - `interrupted`: a signal arrived; all progress is saved, exit 130.
 */
export type FailureKind =
  | "configuration"
  | "refused"
  | "unavailable"
  | "window"
  | "target"
  | "checkpoint"
  | "archive"
  | "locked"
  | "interrupted";

/** An error with its consequence for the run and a hint. */
export class Failure extends Error {
  /** The name of the class. */
  override readonly name = "Failure";
  /** What the failure means for the run. */
  readonly kind: FailureKind;
  /** What to do next, as a sentence or a command. */
  readonly hint: string | undefined;
  /** Whether the window has more records than the API returns, so that a shorter one may succeed. */
  readonly tooFull: boolean;
  /** Records of a window that has too many, if the API declares them. */
  readonly held: number | undefined;
  /** Whether the cause may be temporary, so that the window is worth another fetch. */
  readonly mayPass: boolean;
  /** How a response differs from the declared shape: its records are elsewhere (`moved`), or nowhere (`other`). */
  readonly wrongShape: "moved" | "other" | undefined;
  /** HTTP status of the response that it comes from, if there is one. */
  readonly status: number | undefined;

  /** Creates a failure with a message of the form "Cannot <do> <thing>: <what is the case>". */
  constructor(
    kind: FailureKind,
    message: string,
    options: {
      hint?: string | undefined;
      cause?: unknown;
      tooFull?: boolean;
      held?: number | undefined;
      mayPass?: boolean;
      wrongShape?: "moved" | "other" | undefined;
      status?: number | undefined;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.hint = options.hint;
    this.tooFull = options.tooFull ?? false;
    this.held = options.held;
    this.mayPass = options.mayPass ?? false;
    this.wrongShape = options.wrongShape;
    this.status = options.status;
  }
}
