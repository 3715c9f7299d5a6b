/// <reference lib="deno.worker" />
// The worker of parse_apart.ts: parses job files where no program can be started. It handles one
// message and does nothing else.
import { readJobAccess } from "./job_access.ts";
import type { AccessQuestion } from "./parse_apart.ts";

self.onmessage = async ({ data }: MessageEvent<AccessQuestion>) => {
  const { file, withHosts, env, fromFiles } = data;
  self.postMessage(await readJobAccess(file, withHosts, env, fromFiles));
};
