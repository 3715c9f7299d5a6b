// Locates Hindcast's own files: in the repository two folders above this module, and in the npm package two
// folders above the bundle, which is in lib/bundle/ for that reason.
import { resolve } from "node:path";

/** The path of a file of Hindcast itself, such as `config/job.schema.json`. */
export function packageFile(path: string): string {
  return resolve(import.meta.dirname ?? ".", "../..", path);
}

/** Whether this is the npm package, whose modules are bundled as JavaScript. */
export const IS_BUNDLED: boolean = import.meta.url.endsWith(".js");
