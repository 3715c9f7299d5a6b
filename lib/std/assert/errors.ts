// Owns the assertions about errors, thrown or rejected.
import { stripVTControlCharacters } from "node:util";
import { AssertionError, ending } from "./assertion_error.ts";

// deno-lint-ignore no-explicit-any
type ErrorConstructor<E extends Error> = abstract new (...args: any[]) => E;

function assertIsError<E extends Error = Error>(
  error: unknown,
  // deno-lint-ignore no-explicit-any
  ErrorClass?: abstract new (...args: any[]) => E,
  msgIncludes?: string,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) {
    throw new AssertionError(
      `Expected "error" to be an Error object${ending(msg)}`,
    );
  }
  if (ErrorClass && !(error instanceof ErrorClass)) {
    const was = `but was "${error.constructor.name}"`;
    throw new AssertionError(
      `Expected error to be instance of "${ErrorClass.name}", ${was}${ending(msg)}`,
    );
  }
  if (msgIncludes && !includes(error.message, msgIncludes)) {
    const [wanted, got] = [msgIncludes, error.message].map((text) => JSON.stringify(text));
    throw new AssertionError(
      `Expected error message to include ${wanted}, but got ${got}${ending(msg)}`,
    );
  }
}

/**
 * Asserts that a function throws anything.
 *
 * @returns what was thrown
 * @throws {AssertionError} if nothing is thrown
 */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/**
 * Asserts that a function throws an error of a class, with a message that contains a string.
 *
 * @returns the error
 * @throws {AssertionError} if nothing, or another error, is thrown
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
 * Asserts that the promise that a function returns rejects for any reason.
 *
 * @returns the reason
 * @throws {AssertionError} if the promise fulfills or the function itself throws
 */
export function assertRejects(
  fn: () => PromiseLike<unknown>,
  msg?: string,
): Promise<unknown>;
/**
 * Asserts that the promise that a function returns rejects with an error of a class, with a message
 * that contains a string.
 *
 * @returns the error
 * @throws {AssertionError} if the promise fulfills or rejects otherwise, or the function throws
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

function includes(message: string, part: string): boolean {
  const [whole, wanted] = [message, part].map(stripVTControlCharacters);
  return whole!.includes(wanted!);
}
