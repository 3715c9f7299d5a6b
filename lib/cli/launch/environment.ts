// Owns the environment of a command's process: the variables that it was granted, and those that Deno and
// the operating system require. Everything else stays outside, so that a command cannot pass on what it
// was never meant to see. Deno's own telemetry stays off: its spans contain complete URLs.
import type { Environment } from "./job_access.ts";

/** Variables of the operating system, of Deno's cache, of proxies and of certificates. */
const PASSED = new Set([
  ...[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TMPDIR",
    "TMP",
    "TEMP",
  ],
  ...["TERM", "COLORTERM", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"],
  ...["XDG_CACHE_HOME", "DENO_DIR", "DENO_CERT", "DENO_TLS_CA_STORE", "DENO_NO_UPDATE_CHECK"],
  ...["NPM_CONFIG_REGISTRY", "SSL_CERT_FILE", "SSL_CERT_DIR"],
  ...["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"],
  ...[
    "HINDCAST_COMMAND",
    "SYSTEMROOT",
    "WINDIR",
    "LOCALAPPDATA",
    "APPDATA",
    "USERPROFILE",
    "PATHEXT",
    "COMSPEC",
  ],
]);

/** The part of an environment that a command's process receives. */
export function childEnvironment(env: Environment, granted: Iterable<string>): Environment {
  const names = new Set(granted);
  return Object.fromEntries(
    Object.entries(env).filter(([name]) =>
      names.has(name) || PASSED.has(name.toUpperCase()) || name.startsWith("LC_") ||
      name.startsWith("MALLOC_")
    ),
  );
}
