// Owns the arguments with which Deno runs a command: from the repository with its configuration, from the
// npm package without any, because a user's deno.json must not change what Hindcast imports.
import { IS_BUNDLED, packageFile } from "../package_files.ts";

/** The last arguments of `deno run` for a command, before the command's own. */
export function programArguments(command: string): string[] {
  if (!IS_BUNDLED) {
    return [`--config=${packageFile("deno.json")}`, packageFile(`tasks/${command}.ts`)];
  }
  const unstable = ["--unstable-kv", "--unstable-cron"];
  return [
    ...["--no-config", "--no-lock", "--no-npm", ...unstable],
    packageFile(`lib/bundle/${command}.js`),
  ];
}
