// Fits text into the terminal that it is printed to; anywhere else, and on a dumb terminal, lines are not wrapped.
import { sizeOf } from "./size.ts";
import { wrapText } from "./wrap.ts";

/** The width of the terminal that an output is; undefined where lines may have any length. */
export function widthOf(out: { isTerminal(): boolean }): number | undefined {
  return out.isTerminal() && Deno.env.get("TERM") !== "dumb" ? sizeOf().columns : undefined;
}

/** Text with its long lines broken between words. */
export function fitText(text: string, out: { isTerminal(): boolean }): string {
  const width = widthOf(out);
  return width === undefined ? text : wrapText(text, width);
}
