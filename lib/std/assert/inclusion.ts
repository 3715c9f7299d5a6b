// Owns the assertions about parts: of a text, of an array.
import { AssertionError, ending } from "./assertion_error.ts";
import { show } from "./difference.ts";
import { equal } from "./equal.ts";

/** Anything with a length and indices, except a string. */
export type ArrayLikeArg<T> = ArrayLike<T> & object;

/**
 * Asserts that a text contains another.
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
 * Asserts that a text matches a pattern.
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

/**
 * Asserts that a text does not match a pattern.
 *
 * @throws {AssertionError} otherwise
 */
export function assertNotMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  if (!expected.test(actual)) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to not match: "${expected}"${ending(msg)}`,
  );
}

/**
 * Asserts that each expected value deeply equals some element, in any order.
 *
 * @throws {AssertionError} with the values that are missing
 */
export function assertArrayIncludes<T>(
  actual: ArrayLikeArg<T>,
  expected: ArrayLikeArg<T>,
  msg?: string,
): void {
  const present = Array.from(actual);
  const missing = Array.from(expected).filter((value) => !present.some((has) => equal(has, value)));
  if (missing.length === 0) return;
  throw new AssertionError(
    `Expected actual: "${show(actual)}" to include: "${show(expected)}"${ending(msg)}\n` +
      `missing: ${show(missing)}`,
  );
}
