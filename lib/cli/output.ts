// The one place where text leaves a command: everything that is printed or written to a file passes
// `safeText`, which masks the secrets of the process and escapes control characters. Invariant: no secret
// that was registered, and no terminal escape from a job or a response, leaves in any form that mask.ts
// recognizes.
import { type Mask, maskSecrets } from "../report/text/mask.ts";

/** Control characters other than tab and line feed, line separators and bidirectional formatting. */
const ACTIVE = /(?![\t\n])[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

const secrets = new Set<string>();
let mask: Mask = maskSecrets([]);

/** Registers values that must not leave the process from now on. */
export function hideSecrets(values: Iterable<string>): void {
  const before = secrets.size;
  for (const value of values) if (value !== "") secrets.add(value);
  if (secrets.size > before) mask = maskSecrets([...secrets]);
}

/** Registers one value, such as a token that was just issued. */
export function hideSecret(value: string): void {
  hideSecrets([value]);
}

/** Text without secrets, with active characters shown as `\u001b`; valid JSON stays valid JSON. */
export function safeText(text: string): string {
  return mask(text).replace(
    ACTIVE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Makes everything that is printed through the console safe; called once, before a command starts. */
export function guardConsole(): void {
  for (const method of ["log", "error", "warn", "info", "debug"] as const) {
    const print = console[method].bind(console);
    console[method] = (...values: unknown[]) => {
      try {
        print(...values.map((value) => typeof value === "string" ? safeText(value) : value));
      } catch (cause) {
        // If stderr takes nothing, there is no place left to report it.
        if (method === "log") throw new OutputLost(cause);
      }
    };
  }
}

/** Thrown when stdout takes nothing more, for example because its disk is full. */
export class OutputLost extends Error {
  /** Creates the error from the one of the operating system. */
  constructor(cause: unknown) {
    super(`Cannot write the output: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/** Thrown when the reader of stdout left, as `| head` does: nothing more can be printed, and nothing is wrong. */
export class ReaderLeft extends Error {}

/**
 * Writes a text that is safe already to stdout.
 *
 * @throws {ReaderLeft} if nobody reads it, {OutputLost} if it cannot be written.
 */
export function writeOut(text: string): void {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
  } catch (error) {
    throw error instanceof Deno.errors.BrokenPipe ? new ReaderLeft() : new OutputLost(error);
  }
}

/** The passwords in a URL, raw and decoded, which must not be shown. */
export function passwordsOf(url: string | undefined): string[] {
  const [, raw] = /^[a-z][a-z0-9+.-]*:\/\/[^/:@]*:(.+)@/i.exec(url ?? "") ?? [];
  const query = /[?&]password=([^&]*)/.exec(url ?? "")?.[1];
  return [raw, query].flatMap((text) => text === undefined ? [] : [text, decoded(text)]);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
