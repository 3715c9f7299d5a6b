/**
 * The part of `@std/cli` that the commands use, with the names, signatures and meanings of the real
 * package. Linked by `deno.json`; without the link the real package takes over. Never add a name
 * that `@std/cli@1` does not have.
 *
 * @module
 */
export * from "./parse_args.ts";
export * from "./prompt_secret.ts";
