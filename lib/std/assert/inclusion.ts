// Owns the assertions about one value or one string: true, contains, matches.
import { AssertionError, ending } from "./assertion_error.ts";

/**
 * Asserts that a value is truthy.
 *
 * @throws {AssertionError} with `msg` otherwise
 */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/**
 * Asserts that a string contains another.
 *
 * @throws {AssertionError} otherwise
 */
export function assertStringIncludes(
  actual: string,
  expected: string,
  msg?: string,
): void {
  if (actual.includes(expected)) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to contain: "${expected}"${ending(msg)}`,
  );
}

/**
 * Asserts that a string matches a regular expression.
 *
 * @throws {AssertionError} otherwise
 */
export function assertMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  if (expected.test(actual)) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to match: "${expected}"${ending(msg)}`,
  );
}
