/**
 * The functions of `@std/async` that the sandbox and the tests use, with the names, signatures and behavior of
 * the real package. `deno.json` links it; without the link the real package takes over. Never add a name that
 * `@std/async@1` does not have.
 *
 * @module
 */
export * from "./delay.ts";
export * from "./retry.ts";
