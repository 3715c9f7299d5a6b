/**
 * The assertions of `@std/assert` that the tests use, with the names, signatures and behavior of the real
 * package. `deno.json` links it; without the link the real package takes over. Never add a name or an
 * overload that `@std/assert@1` does not have.
 *
 * @module
 */
export { AssertionError } from "./assertion_error.ts";
export * from "./equality.ts";
export * from "./errors.ts";
export * from "./inclusion.ts";
export * from "./order.ts";
