// Owns the assertions that compare sizes: less, less or equal, almost equal.
import { AssertionError, ending } from "./assertion_error.ts";
import { show } from "./difference.ts";

/**
 * Asserts `actual < expected`.
 *
 * @throws {AssertionError} otherwise
 */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) disorder(actual, "<", expected, msg);
}

/**
 * Asserts `actual <= expected`.
 *
 * @throws {AssertionError} otherwise
 */
export function assertLessOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (!(actual <= expected)) disorder(actual, "<=", expected, msg);
}

/**
 * Asserts that two numbers differ by at most `tolerance`, by default one ten-millionth of the expected number.
 *
 * @throws {AssertionError} with the difference
 */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  msg?: string,
): void {
  if (Object.is(actual, expected)) return;
  const delta = Math.abs(expected - actual);
  const allowed = tolerance ??
    (isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  if (delta <= allowed) return;
  throw new AssertionError(
    `Expected actual: "${digits(actual)}" to be close to "${digits(expected)}": ` +
      `delta "${digits(delta)}" is greater than "${digits(allowed)}"${ending(msg)}`,
  );
}

function disorder(
  actual: unknown,
  sign: string,
  expected: unknown,
  msg?: string,
): never {
  throw new AssertionError(
    msg ?? `Expect ${show(actual)} ${sign} ${show(expected)}`,
  );
}

function digits(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toExponential();
}
