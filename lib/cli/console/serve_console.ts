// Serves the console of a job: reads its address and password, and opens the port. What is served is
// in lib/console. Invariant: an address that other machines reach requires a password.
import type { Access } from "../../console/guard.ts";
import { isLoopback } from "../../console/guard.ts";
import type { Console } from "../../console/console.ts";
import { Failure } from "../../failure.ts";
import { hideSecret } from "../output.ts";

/** The default address of the console. */
const CONSOLE_PORT = 8001;

/** Where a console listens, and who may see it. */
export interface ConsoleAddress extends Access {
  /** An address of this machine. */
  readonly hostname: string;
  /** 0 for any free port. */
  readonly port: number;
}

/**
 * The address of a console, from a command line and the environment.
 *
 * @throws {Failure} of kind `configuration` for an invalid port, or for another address than
 * this machine's where no password is set.
 */
export function consoleAddress(
  env: (name: string) => string | undefined,
  { port, hostname = "127.0.0.1" }: { port?: string | undefined; hostname?: string | undefined } =
    {},
): ConsoleAddress {
  const password = env("HINDCAST_CONSOLE_PASSWORD") || undefined;
  if (password !== undefined) hideSecret(password);
  if (password === undefined && !isLoopback(hostname)) {
    throw new Failure(
      "configuration",
      `Cannot serve the console at ${hostname}: other machines reach it, and no password is set`,
      { hint: "Set HINDCAST_CONSOLE_PASSWORD in the environment or in .env.local" },
    );
  }
  const text = port ?? (env("HINDCAST_CONSOLE_PORT") || String(CONSOLE_PORT));
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) {
    throw new Failure("configuration", `Cannot serve the console: "${text}" is not a port`, {
      hint: `Use a port number such as ${CONSOLE_PORT}`,
    });
  }
  return { hostname, port: Number(text), password };
}

/**
 * Opens the port; `otherPort` says how to choose another one.
 *
 * @throws {Failure} of kind `configuration` where the port is taken or may not be used.
 */
export function serveConsole(
  { hostname, port }: ConsoleAddress,
  { answer }: Pick<Console, "answer">,
  otherPort: (port: number) => string,
): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve({ hostname, port, onListen: () => {} }, answer);
  } catch (error) {
    const reason = error instanceof Deno.errors.AddrInUse
      ? `port ${port} is in use`
      : error instanceof Error
      ? error.message
      : String(error);
    throw new Failure("configuration", `Cannot serve the console: ${reason}`, {
      hint: otherPort(port + 1),
    });
  }
}

/** The address of a server as a URL. */
export function urlOf({ addr: { hostname, port } }: Deno.HttpServer<Deno.NetAddr>): string {
  return `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}/`;
}
