// Reads the project's own modules for tests of their shape: text, code without comments, imports. It
// knows TypeScript as far as this project writes it, by regular expressions, and starts no compiler.
import { dirname, join, relative } from "node:path";
import { REPOSITORY } from "./repository.ts";

/** A module of this project. */
export interface SourceFile {
  /** Path from the root of the repository, such as `lib/plan/time/civil.ts`. */
  readonly path: string;
  /** All of its text. */
  readonly text: string;
  /** Its text without comments. */
  readonly code: string;
  /** What it imports, by path from the root, or by the specifier where that is a package. */
  readonly imports: readonly Import[];
}

/** One import of a module. */
export interface Import {
  readonly from: string;
  /** Whether only types are imported, so that none of its code runs. */
  readonly typeOnly: boolean;
  /** Whether it is loaded where it is needed, by `import()`. */
  readonly isDynamic: boolean;
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s+(type\s+)?([^"';]*?)\s*from\s+"([^"]+)"|import\(\s*"([^"]+)"\s*\)|(?:^|\n)import\s+"([^"]+)"/g;

/** The modules below a folder of the repository, in the order of their paths. */
export function sourceFiles(folder: string): SourceFile[] {
  const files: SourceFile[] = [];
  for (const entry of Deno.readDirSync(join(REPOSITORY, folder))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) files.push(...sourceFiles(path));
    else if (/\.tsx?$/.test(entry.name)) files.push(readSource(path));
  }
  return files.sort((a, b) => a.path < b.path ? -1 : 1);
}

function readSource(path: string): SourceFile {
  const text = Deno.readTextFileSync(join(REPOSITORY, path));
  const code = withoutComments(text);
  return { path, text, code, imports: importsOf(path, code) };
}

/** Comments begin a line or follow a blank; `//` inside a text follows a colon or a quote. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}

function importsOf(path: string, code: string): Import[] {
  return [...code.matchAll(IMPORT)].map(([, type, names = "", from, dynamic, bare]) => {
    const specifier = from ?? dynamic ?? bare!;
    const named = /^\{([\s\S]*)\}$/.exec(names)?.[1]?.split(",").map((name) => name.trim());
    const allTypes = named?.every((name) => name === "" || name.startsWith("type ")) ?? false;
    return {
      from: specifier.startsWith(".") ? resolve(path, specifier) : specifier,
      typeOnly: type !== undefined || (from !== undefined && allTypes),
      isDynamic: dynamic !== undefined,
    };
  });
}

function resolve(path: string, specifier: string): string {
  return relative(REPOSITORY, join(REPOSITORY, dirname(path), specifier)).replaceAll("\\", "/");
}

/**
 * The modules that run when these do, themselves included; imports of types run nothing and count only on request.
 * "at once" leaves out what `import()` loads later.
 */
export function reachable(
  starts: readonly SourceFile[],
  all: readonly SourceFile[],
  what?: "with types" | "at once",
): SourceFile[] {
  const byPath = new Map(all.map((file) => [file.path, file]));
  const found = new Set(starts);
  for (const file of found) {
    for (const { from, typeOnly, isDynamic } of file.imports) {
      const next = byPath.get(from);
      if (typeOnly && what !== "with types" || isDynamic && what === "at once") continue;
      if (next !== undefined) found.add(next);
    }
  }
  return [...found];
}
