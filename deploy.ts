/**
 * Hindcast as an app: keeps a job up to date on a schedule and serves its status page, on Deno Deploy or
 * any machine with Deno.
 *
 * @module
 */
export { serve, type ServeOptions } from "./lib/cli/cron/deploy.ts";
