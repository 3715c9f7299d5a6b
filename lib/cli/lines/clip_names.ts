// Shortens names to what a narrow terminal has room for. Pure. Invariant: names that differ still do, wherever
// cutting them at the end, in the middle or at the beginning allows it.
import { cellsOf, clip } from "../terminal/paint.ts";

/** Names of at most `cells` cells each. */
export function clipNames(names: readonly string[], cells: number): string[] {
  const ways = [clip, clipMiddle, clipStart].map((way) => names.map((name) => way(name, cells)));
  return ways.find((clipped) => new Set(clipped).size === new Set(names).size) ?? ways[0]!;
}

function clipMiddle(name: string, cells: number): string {
  if (cellsOf(name) <= cells) return name;
  const head = Math.floor(cells / 2);
  return clip(name, head) + name.slice(-(cells - head));
}

function clipStart(name: string, cells: number): string {
  return cellsOf(name) <= cells ? name : `...${name.slice(3 - cells)}`;
}
