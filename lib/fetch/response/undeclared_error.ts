// Recognizes a response without records that reports an error under a well-known name which the job does not declare: it
// would count as "no data". Pure. Invariant: values by which APIs say that there is no error are none.
import type { Stream } from "../../config/schema/stream_schema.ts";
import { isNumber } from "../../extract/cast/exact_number.ts";
import { isObject, parsePath } from "../../extract/value/path.ts";
import { Failure } from "../../failure.ts";
import { shownValue } from "../../report/text/shown_value.ts";
import { normalized } from "../paging/continuation_names.ts";

const MAX_MEMBERS = 50;
/** Most members of a body that holds an error and nothing else. */
const ERROR_MEMBERS = 3;

/** Members that hold an error. */
const ERRORS: ReadonlySet<string> = new Set(
  "error errors errormessage errormsg errordescription errorresponse fault exception".split(" "),
);
/** Members that are false if there is one. */
const SUCCESSES: ReadonlySet<string> = new Set("ok success successful issuccess".split(" "));
/** Values of `status` if there is one. */
const FAILED = /^(error|fail|failed|failure)$/i;
/** Values of an error member that mean "no error". */
const NO_ERROR = /^\s*(|0+|none|null|no|no errors?|false|ok|success(ful)?)\s*$/i;

/**
 * Refuses a response without records that reports an error; the members of an error may look like records.
 *
 * @throws Failure("window"), which may pass.
 */
export function refuseUndeclaredError(
  { error = [], records: spec }: Pick<Stream, "error" | "records">,
  { body, records }: { readonly body: unknown; readonly records: readonly unknown[] },
): void {
  const isError = spec.as === "entries" && spec.path === "" && records.length <= ERROR_MEMBERS;
  const found = records.length === 0 || isError ? errorIn(body) : undefined;
  if (found === undefined) return;
  const [name, value, condition] = found;
  // The job says which values of this member are errors.
  if (error.some(({ path }) => parsePath(path).steps[0] === name)) return;
  throw new Failure(
    "window",
    `Cannot read the response: it has no records, and "${name}" is ${shownValue(value)}`,
    {
      hint:
        `Write "error: ${condition}" in the stream, with "means: empty" if it says that there are no data`,
      mayPass: true,
    },
  );
}

/** The member of a body that reports an error, and the condition to declare. */
function errorIn(body: unknown): [name: string, value: unknown, condition: string] | undefined {
  if (!isObject(body)) return undefined;
  for (const [name, value] of Object.entries(body).slice(0, MAX_MEMBERS)) {
    const key = normalized(name);
    if (ERRORS.has(key) && isError(value)) return [name, value, `{ path: ${name} }`];
    const isFailed = SUCCESSES.has(key) && (value === false || value === "false") ||
      key === "status" && typeof value === "string" && FAILED.test(value);
    if (isFailed) return [name, value, `{ path: ${name}, is: [${String(value)}] }`];
  }
  return undefined;
}

/** Whether the value of such a member is an error: an object is one if a member of it is. */
function isError(value: unknown): boolean {
  if (typeof value === "string") return !NO_ERROR.test(value);
  if (isNumber(value)) return Number(value) !== 0;
  if (Array.isArray(value)) return value.some(isError);
  if (isObject(value)) return Object.values(value).slice(0, MAX_MEMBERS).some(isError);
  return value === true;
}
