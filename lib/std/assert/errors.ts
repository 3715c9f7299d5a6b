// Owns the assertions about classes and errors, thrown or rejected.
import { stripVTControlCharacters } from "node:util";
import { AssertionError, ending } from "./assertion_error.ts";

/** Any class that can be made with `new`. */
// deno-lint-ignore no-explicit-any
export type AnyConstructor = new (...args: any[]) => any;

/** What a class makes. */
export type GetConstructorType<T extends AnyConstructor> = InstanceType<T>;

// deno-lint-ignore no-explicit-any
type ErrorConstructor<E extends Error> = abstract new (...args: any[]) => E;

/**
 * Asserts that a value is an instance of a class.
 *
 * @throws {AssertionError} with the class it is of
 */
export function assertInstanceOf<T extends AnyConstructor>(
  actual: unknown,
  expectedType: T,
  msg = "",
): asserts actual is GetConstructorType<T> {
  if (actual instanceof expectedType) return;
  throw new AssertionError(
    `Expected object to be an instance of "${expectedType.name}" but was "${kindOf(actual)}"${
      ending(msg)
    }`,
  );
}

/**
 * Asserts that a value is an error, optionally of a class, optionally with a message that contains
 * a text or matches a pattern.
 *
 * @throws {AssertionError} otherwise
 */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  // deno-lint-ignore no-explicit-any
  ErrorClass?: abstract new (...args: any[]) => E,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) {
    throw new AssertionError(
      `Expected "error" to be an Error object${ending(msg)}`,
    );
  }
  if (ErrorClass && !(error instanceof ErrorClass)) {
    const was = `but was "${error.constructor.name}" with message "${error.message}"`;
    throw new AssertionError(
      `Expected error to be instance of "${ErrorClass.name}", ${was}${ending(msg)}`,
    );
  }
  if (msgMatches && !says(error, msgMatches)) {
    const wanted = msgMatches instanceof RegExp ? String(msgMatches) : JSON.stringify(msgMatches);
    const got = JSON.stringify(error.message);
    throw new AssertionError(
      `Expected error message to include ${wanted}, but got ${got}${ending(msg)}`,
    );
  }
}

/**
 * Asserts that a function throws, whatever it throws.
 *
 * @returns what was thrown
 * @throws {AssertionError} if nothing is thrown
 */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/**
 * Asserts that a function throws an error of a class, with a message that contains a text.
 *
 * @returns the error
 * @throws {AssertionError} if nothing, or something else, is thrown
 */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  // deno-lint-ignore no-explicit-any
  ErrorClass: abstract new (...args: any[]) => E,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  classOrMsg?: ErrorConstructor<E> | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  try {
    fn();
  } catch (thrown) {
    return checked(thrown, "thrown", classOrMsg, msgIncludes, msg);
  }
  const note = typeof classOrMsg === "string" ? classOrMsg : msg;
  throw new AssertionError(`Expected function to throw${ending(note)}`);
}

/**
 * Asserts that the promise a function returns is rejected, whatever the reason.
 *
 * @returns the reason
 * @throws {AssertionError} if the promise is fulfilled or the function itself throws
 */
export function assertRejects(
  fn: () => PromiseLike<unknown>,
  msg?: string,
): Promise<unknown>;
/**
 * Asserts that the promise a function returns is rejected with an error of a class, with a message
 * that contains a text.
 *
 * @returns the error
 * @throws {AssertionError} if the promise is fulfilled, rejected otherwise, or the function throws
 */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  // deno-lint-ignore no-explicit-any
  ErrorClass: abstract new (...args: any[]) => E,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  classOrMsg?: ErrorConstructor<E> | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const note = typeof classOrMsg === "string" ? classOrMsg : msg;
  const promise = promised(fn, note);
  try {
    await promise;
  } catch (reason) {
    return checked(reason, "rejected", classOrMsg, msgIncludes, msg);
  }
  throw new AssertionError(`Expected function to reject${ending(note)}`);
}

function promised(
  fn: () => PromiseLike<unknown>,
  note?: string,
): PromiseLike<unknown> {
  const failure = `Function throws when expected to reject${ending(note)}`;
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch (cause) {
    throw new AssertionError(failure, { cause });
  }
  if (typeof promise?.then !== "function") throw new AssertionError(failure);
  return promise;
}

function checked<E extends Error>(
  error: unknown,
  verb: string,
  classOrMsg: ErrorConstructor<E> | string | undefined,
  msgIncludes?: string,
  msg?: string,
): unknown {
  if (typeof classOrMsg !== "function") return error;
  if (!(error instanceof Error)) {
    throw new AssertionError(`A non-Error object was ${verb}${ending(msg)}`);
  }
  assertIsError(error, classOrMsg, msgIncludes, msg);
  return error;
}

function says(error: Error, wanted: string | RegExp): boolean {
  const message = stripVTControlCharacters(error.message);
  return wanted instanceof RegExp ? wanted.test(message) : message.includes(wanted);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return typeof value === "object" ? value.constructor?.name ?? "Object" : typeof value;
}
