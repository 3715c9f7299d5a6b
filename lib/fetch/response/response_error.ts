// Owns the errors that a response reports in its body: which condition of the stream's `error` holds, and what it
// means. Pure. Invariant: the first condition that holds decides; a message is short, the caller masks it.
import type { ErrorCondition, Stream } from "../../config/schema/stream_schema.ts";
import { isNumber } from "../../extract/cast/exact_number.ts";
import { decodeXml } from "../../extract/decode/xml.ts";
import { compileCondition } from "../../extract/value/condition.ts";
import { isObject, type ResponseParts, responseReader } from "../../extract/value/path.ts";
import { Failure } from "../../failure.ts";
import { parseDurationMs } from "../../plan/time/duration.ts";
import { shownValue } from "../../report/text/shown_value.ts";
import { errorSentence } from "../http/error_excerpt.ts";

/** Longest wait that a response may request: a week. */
const LONGEST_WAIT_MS = 7 * 86_400_000;
/** A number above this is a time since 1970, not a number of seconds: thirty years. */
const EPOCH_SECONDS = 946_080_000;
const MAX_CHARS = 200;

/** The failure of a response that should be requested again. */
export class RetryFailure extends Failure {
  /** Returns the wait that the job or the response declares, at a wall-clock time in ms; null if neither does. */
  readonly waitMs: (nowMs: number) => number | null;

  /** Creates a failure; the window may be fetched again later if no attempt is left. */
  constructor(message: string, waitMs: (nowMs: number) => number | null) {
    super("window", message, { mayPass: true });
    this.waitMs = waitMs;
  }
}

/**
 * Throws the failure that an error in a response means; returns whether it means that there are no records.
 *
 * @throws {RetryFailure} if the request should be sent again.
 * @throws Failure("window") if the window fails, `tooFull` if it holds too much; Failure("refused") if the run stops.
 */
export function refuseReportedError(
  stream: Pick<Stream, "error">,
  response: ResponseParts,
): boolean {
  const condition = stream.error?.find((condition) => holds(condition, response));
  if (condition === undefined) return false;
  const message = `Cannot read the response: ${reportOf(condition, response)}`;
  switch (condition.means) {
    case "empty":
      return true;
    case "retry":
      throw new RetryFailure(message, (nowMs) => waitOf(condition, response, nowMs));
    case "full":
      throw new Failure("window", message, { hint: "Make the windows shorter", tooFull: true });
    case "stop":
      throw new Failure("refused", message, {
        hint: `The job declares with "error" that the run stops at "${condition.path}"`,
      });
    default:
      throw new Failure("window", message);
  }
}

/**
 * As `refuseReportedError`, for the body of a response whose status is an error: only a condition with another meaning
 * than `fail` adds to the status.
 */
export function refuseErrorBody(
  stream: Stream,
  { body, headers }: { readonly body: Uint8Array; readonly headers: Headers },
): boolean {
  const conditions = stream.error?.filter(({ means }) => means !== "fail") ?? [];
  if (conditions.length === 0) return false;
  const parsed = parsedBody(stream, new TextDecoder().decode(body));
  const header = (name: string) => headers.get(name);
  return parsed !== undefined &&
    refuseReportedError({ error: conditions }, { body: parsed, header });
}

/** The body of an error response, as JSON or as the XML of the stream; undefined if it is neither. */
function parsedBody({ format, namespaces }: Stream, text: string): unknown {
  try {
    if (format !== "xml" || !text.trimStart().startsWith("<")) return JSON.parse(text);
    const pieces = decodeXml(text, namespaces);
    for (let piece = pieces.next();; piece = pieces.next()) if (piece.done) return piece.value;
  } catch (problem) {
    if (problem instanceof SyntaxError || problem instanceof Failure) return undefined;
    throw problem;
  }
}

function holds(condition: ErrorCondition, response: ResponseParts): boolean {
  const value = responseReader(condition.path)(response);
  if (condition.is === undefined && condition.not === undefined) return isReported(value);
  const { holds } = compileCondition(condition, (found) => found === undefined || found === null);
  return Array.isArray(value) ? value.some(holds) : holds(value);
}

/** Whether a value under an error's path is an error: APIs send null, false, 0, "", [] or {} without one. */
function isReported(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === "") return false;
  if (isNumber(value)) return Number(value) !== 0;
  return !isObject(value) && !Array.isArray(value) || Object.keys(value).length > 0;
}

function reportOf({ path, is, not }: ErrorCondition, response: ResponseParts): string {
  const value = responseReader(path)(response);
  const isSentence = is === undefined && not === undefined;
  const sentence = isSentence && typeof value === "string"
    ? value
    : errorSentence(isSentence ? value : response.body);
  const at = isSentence ? `at "${path}"` : `("${path}" is ${shownValue(value ?? null)})`;
  return sentence === undefined
    ? `the API reports an error: "${path}" is ${shownValue(value ?? null)}`
    : `the API reports "${sentence.slice(0, MAX_CHARS)}" ${at}`;
}

/** A duration of the job, or seconds or a time from the response. */
function waitOf(
  { wait }: ErrorCondition,
  response: ResponseParts,
  nowMs: number,
): number | null {
  if (wait === undefined) return null;
  const declared = parseDurationMs(wait);
  const waitMs = declared ?? requestedWait(wait, responseReader(wait)(response), nowMs);
  return waitMs === null ? null : Math.min(LONGEST_WAIT_MS, Math.max(0, waitMs));
}

function requestedWait(path: string, value: unknown, nowMs: number): number | null {
  const number = isNumber(value) || typeof value === "string" && value.trim() !== ""
    ? Number(value)
    : NaN;
  if (Number.isFinite(number)) {
    if (/(ms|milli(s|seconds)?)$/i.test(path)) return number;
    if (number > 100 * EPOCH_SECONDS) return number - nowMs;
    return number > EPOCH_SECONDS ? number * 1000 - nowMs : number * 1000;
  }
  const atMs = typeof value === "string" ? Date.parse(value) : NaN;
  return Number.isNaN(atMs) ? null : atMs - nowMs;
}
