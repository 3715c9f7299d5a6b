// Turns errors of reading a response into failed windows. A response that is nested so deeply that a
// function runs out of stack must not stop a run: it fails only its window.
import { Failure } from "../../failure.ts";

/** The error; a RangeError, such as that of an exhausted stack, as a {Failure} of kind `window`. */
export function readingFailure(error: unknown): unknown {
  if (!(error instanceof RangeError)) return error;
  return new Failure(
    "window",
    "Cannot read the response: it is nested too deeply, or its values are too large",
    { hint: "See the response with deno task probe", cause: error },
  );
}
