/**
 * Asking for a secret on the terminal without showing it.
 * Never writes what was typed, only the mask.
 *
 * @module
 */

/** Options of {@linkcode promptSecret}. */
export type PromptSecretOptions = {
  /** What stands for each typed character. Defaults to `*`; empty shows nothing. */
  mask?: string;
  /** Whether the line is erased after the answer. Defaults to false. */
  clear?: boolean;
};

const ENTER = new Set(["\n", "\r"]);
const ERASE = new Set(["\b", "\x7f"]);
const CLEAR_LINE = "\r\x1b[K";

/**
 * Shows a message and reads a line without echo.
 *
 * @returns the line, or null where standard input is not a terminal
 */
export function promptSecret(
  message = "Secret",
  options?: PromptSecretOptions,
): string | null {
  const { mask = "*", clear = false } = options ?? {};
  if (!Deno.stdin.isTerminal()) return null;
  const line = (length: number) => `${message} ${mask.repeat(length)}`;
  write(line(0));
  Deno.stdin.setRaw(
    true,
    Deno.build.os === "windows" ? undefined : { cbreak: true },
  );
  try {
    return readLine((length) => mask && write(CLEAR_LINE + line(length)));
  } finally {
    Deno.stdin.setRaw(false);
    write(clear ? CLEAR_LINE : "\n");
  }
}

function readLine(typed: (length: number) => void): string {
  const byte = new Uint8Array(1);
  const bytes: number[] = [];
  while (Deno.stdin.readSync(byte)) {
    const character = String.fromCharCode(byte[0]!);
    if (ENTER.has(character)) break;
    if (ERASE.has(character)) bytes.pop();
    else bytes.push(byte[0]!);
    typed(bytes.length);
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}

function write(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}
