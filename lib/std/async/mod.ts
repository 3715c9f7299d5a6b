/**
 * The part of `@std/async` that may be used here, with the names, signatures and meanings of the real
 * package, over `node:timers/promises`, abort signals and streams. Linked by `deno.json`; without
 * the link the real package takes over. Never add a name that `@std/async@1` does not have.
 *
 * @module
 */
export * from "./abortable.ts";
export * from "./deadline.ts";
export * from "./delay.ts";
export * from "./mux_async_iterator.ts";
export * from "./pool.ts";
export * from "./retry.ts";
