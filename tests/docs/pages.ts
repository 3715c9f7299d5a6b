// Owns the reading of pages: their fenced blocks, the commands in these with what they are said to print,
// links and code spans. It knows Markdown as far as the pages use it, and runs nothing.
import { REPOSITORY } from "../support/repository.ts";

/** The pages of the project. */
export const PAGES: readonly string[] = [
  "README.md",
  ...[...Deno.readDirSync(`${REPOSITORY}docs`)]
    .map(({ name }) => `docs/${name}`)
    .filter((path) => path.endsWith(".md"))
    .toSorted(),
];

/** A fenced block. */
export interface Block {
  readonly language: string;
  /** Number of its first line in the page, from 1. */
  readonly line: number;
  readonly lines: readonly string[];
}

/** A command of a page. */
export interface Documented {
  readonly page: string;
  /** Number of its line, from 1. */
  readonly line: number;
  readonly command: string;
  /** Number of the first line of what it prints. */
  readonly outputLine: number;
  /** What the page says it prints; undefined where it does not say. */
  readonly output: readonly string[] | undefined;
}

/** The text of a page. */
export function readPage(path: string): string {
  return Deno.readTextFileSync(`${REPOSITORY}${path}`);
}

/** The fenced blocks of a text, in order. */
export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let open: { language: string; line: number; lines: string[] } | undefined;
  for (const [at, line] of text.split("\n").entries()) {
    const [, language] = /^```(\w*)/.exec(line) ?? [];
    if (language === undefined) open?.lines.push(line);
    else if (open === undefined) open = { language, line: at + 2, lines: [] };
    else {
      blocks.push(open);
      open = undefined;
    }
  }
  return blocks;
}

/** The commands of a page: lines of `sh` blocks, and lines after `$ ` of `console` blocks. */
export function commandsOf(page: string): Documented[] {
  return blocksOf(readPage(page)).flatMap((block) => {
    if (block.language === "sh") return plainCommands(page, block);
    return block.language === "console" ? session(page, block) : [];
  });
}

function plainCommands(page: string, { line, lines }: Block): Documented[] {
  return lines.flatMap((text, at) => {
    const command = text.replace(/\s+#.*$/, "").trim();
    if (command === "" || command.startsWith("#")) return [];
    return [{ page, line: line + at, command, outputLine: 0, output: undefined }];
  });
}

function session(page: string, { line, lines }: Block): Documented[] {
  const found: (Documented & { output: string[] })[] = [];
  for (const [at, text] of lines.entries()) {
    if (text.startsWith("$ ")) {
      const place = { line: line + at, outputLine: line + at + 1 };
      found.push({ page, ...place, command: text.slice(2).trim(), output: [] });
    } else found.at(-1)?.output.push(text);
  }
  return found;
}

/** The text outside of fenced blocks. */
export function proseOf(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, "");
}

/** What stands between backticks in the prose. */
export function codeSpans(text: string): string[] {
  return [...proseOf(text).matchAll(/`([^`\n]+)`/g)].map((match) => match[1]!);
}

/** The part of a page under a heading, up to the next of its level or above. */
export function section(text: string, heading: string): string {
  const lines = text.split("\n");
  const from = lines.indexOf(heading);
  if (from < 0) throw new Error(`Cannot find the heading "${heading}"`);
  const level = heading.indexOf(" ");
  const end = lines.findIndex((line, at) => at > from && new RegExp(`^#{1,${level}} `).test(line));
  return lines.slice(from + 1, end < 0 ? undefined : end).join("\n");
}
