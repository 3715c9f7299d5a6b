/**
 * The function of `@std/cli` that the commands use, with the name, signature and behavior of the real package.
 * `deno.json` links it; without the link the real package takes over. Never add a name that `@std/cli@1` does
 * not have.
 *
 * @module
 */
export * from "./parse_args.ts";
