// Owns the assertions that compare a whole value with an expected one.
import { AssertionError, ending } from "./assertion_error.ts";
import { difference, show } from "./difference.ts";
import { equal } from "./equal.ts";

/**
 * Asserts that two values are deeply equal.
 *
 * @throws {AssertionError} with the difference, line by line
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
 * Asserts that two values are the same one, by `Object.is`.
 *
 * @throws {AssertionError} with the difference, line by line
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
    `Values have the same structure but are not reference-equal${ending(msg)}\n${show(actual)}`,
  );
}

/**
 * Asserts that two values are not the same one, by `Object.is`.
 *
 * @throws {AssertionError} if they are
 */
export function assertNotStrictEquals<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (!Object.is(actual, expected)) return;
  throw new AssertionError(
    `Expected "actual" to not be strictly equal to: ${show(actual)}${ending(msg)}`,
  );
}

/**
 * Asserts that an object holds everything the expected one names, however deep; it may hold more.
 * Arrays are compared index by index and may be longer.
 *
 * @throws {AssertionError} with the difference of what is named
 */
export function assertObjectMatch(
  // deno-lint-ignore no-explicit-any
  actual: Record<PropertyKey, any>,
  expected: Record<PropertyKey, unknown>,
  msg?: string,
): void {
  assertEquals(named(actual, expected), named(expected, expected), msg);
}

type Parts = Map<object, { pattern: object; part: object }>;

/** The part of a value whose keys the pattern names; instances become plain objects. */
function named(
  value: unknown,
  pattern: unknown,
  open: Parts = new Map(),
): unknown {
  if (!isBranch(value) || !isBranch(pattern)) return value;
  const met = open.get(value);
  if (met?.pattern === pattern) return met.part;
  const part: Record<PropertyKey, unknown> = {};
  open.set(value, { pattern, part });
  for (const key of Reflect.ownKeys(value)) {
    if (
      !Object.hasOwn(pattern, key) || Array.isArray(value) && key === "length"
    ) continue;
    part[key] = named(Reflect.get(value, key), Reflect.get(pattern, key), open);
  }
  return part;
}

function isBranch(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  return ![Date, RegExp, Map, Set, URL].some((leaf) => value instanceof leaf) &&
    !ArrayBuffer.isView(value);
}
