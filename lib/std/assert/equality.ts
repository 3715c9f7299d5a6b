// Owns the assertions that compare a whole value with an expected one.
import { AssertionError, ending } from "./assertion_error.ts";
import { difference, show } from "./difference.ts";
import { equal } from "./equal.ts";

/**
 * Asserts that two values are deeply equal.
 *
 * @throws {AssertionError} with a line-by-line diff
 */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) return;
  throw new AssertionError(
    `Values are not equal${ending(msg)}\n${difference(actual, expected)}`,
  );
}

/**
 * Asserts that two values are not deeply equal.
 *
 * @throws {AssertionError} if they are
 */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) return;
  throw new AssertionError(
    `Expected actual: ${show(actual)} not to be: ${show(expected)}${ending(msg)}`,
  );
}

/**
 * Asserts that two values are identical according to `Object.is`.
 *
 * @throws {AssertionError} with a line-by-line diff
 */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (Object.is(actual, expected)) return;
  if (show(actual) !== show(expected)) {
    throw new AssertionError(
      `Values are not strictly equal${ending(msg)}\n${difference(actual, expected)}`,
    );
  }
  throw new AssertionError(
    `Values have the same structure but are not reference-equal${ending(msg)}\n\n${
      show(actual).replace(/^/gm, "    ")
    }\n`,
  );
}
