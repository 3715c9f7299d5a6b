// Locates Hindcast's own files: in the repository two folders above this module, and in the npm package two
// folders above the bundle, which is in lib/bundle/ for that reason.

/** Without node:path, which takes longer to load than everything else that every command loads first. */
const FOLDER = (import.meta.dirname ?? "").replace(/([/\\][^/\\]+){2}$/, "");

/** The path of a file of Hindcast itself, such as `config/job.schema.json`. */
export function packageFile(path: string): string {
  return path === "." ? FOLDER || "/" : `${FOLDER}/${path}`;
}

/** Whether this is the npm package, whose modules are bundled as JavaScript. */
export const IS_BUNDLED: boolean = import.meta.url.endsWith(".js");
