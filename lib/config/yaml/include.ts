// Owns the files of a job: reads the top file and those it includes, and merges them into one tree.
// Included files must lie in the folder of the top file or below it, so a job that somebody sends
// cannot read others; a file that includes itself, however far around, is a problem, not a loop.
import { type Finding, sourceText } from "./problem.ts";
import type { YamlEntry, YamlMap, YamlNode } from "./node.ts";
import { readYamlTree } from "./tree.ts";

/** Most files of one job. */
const MOST_FILES = 16;

/** Reads a file as text; throws where it cannot. */
export type ReadText = (path: string) => string | Promise<string>;

/** The tree of a job with its includes merged. */
export interface JobTree {
  /** The tree, or undefined where the top file holds none. */
  readonly root: YamlNode | undefined;
  /** What was found wrong so far. */
  readonly findings: Finding[];
}

/** Reads a job file and what it includes. */
export async function readJobTree(file: string, readText: ReadText): Promise<JobTree> {
  let text: string;
  try {
    text = await readText(file);
  } catch (error) {
    const finding = { place: file, message: unreadable(error) };
    return { root: undefined, findings: [finding] };
  }
  const { root, findings } = readYamlTree(sourceText(file, text));
  const reader = { readText, findings, files: 1, folder: folderOf(file) };
  const whole = root?.kind === "map" ? await withIncludes(root, [file], reader) : root;
  return { root: whole, findings };
}

interface Reader {
  readonly readText: ReadText;
  readonly findings: Finding[];
  /** Folder that included files must not leave; empty or with a slash at its end. */
  readonly folder: string;
  files: number;
}

/** The map with the keys of the files it includes below its own; of several files the later wins. */
async function withIncludes(root: YamlMap, stack: string[], reader: Reader): Promise<YamlMap> {
  const entry = root.entries.get("include");
  if (entry === undefined) return root;
  let below: YamlMap | undefined;
  for (const item of entry.node.kind === "list" ? entry.node.items : [entry.node]) {
    const included = await readIncluded(item, stack, reader);
    if (included !== undefined) below = below === undefined ? included : merged(included, below);
  }
  return below === undefined ? root : merged(root, below);
}

async function readIncluded(
  item: YamlNode,
  stack: string[],
  reader: Reader,
): Promise<YamlMap | undefined> {
  if (item.kind !== "scalar" || typeof item.value !== "string") return undefined;
  const refuse = (message: string) => {
    reader.findings.push({ place: item.place, message });
    return undefined;
  };
  const path = resolvePath(folderOf(stack.at(-1) ?? ""), item.value);
  if (path === undefined || !path.startsWith(reader.folder)) {
    return refuse("an included file must lie in the folder of the job file or below it");
  }
  if (stack.includes(path)) return refuse(`"${path}" includes itself`);
  if (++reader.files > MOST_FILES) return refuse(`a job has more than ${MOST_FILES} files`);
  let text: string;
  try {
    text = await reader.readText(path);
  } catch (error) {
    return refuse(`cannot read "${path}": ${unreadable(error)}`);
  }
  const { root, findings } = readYamlTree(sourceText(path, text));
  reader.findings.push(...findings);
  if (root === undefined) return undefined;
  if (root.kind !== "map") return refuse(`"${path}" does not hold a map`);
  return await withIncludes(withoutKey(root, "job"), [...stack, path], reader);
}

/** An included file may be a job of its own; its name is not taken over. */
function withoutKey(root: YamlMap, key: string): YamlMap {
  return { ...root, entries: new Map([...root.entries].filter(([name]) => name !== key)) };
}

/** Maps are merged key by key; of anything else the upper one is taken. */
function merged(upper: YamlMap, lower: YamlMap): YamlMap {
  const entries = new Map<string, YamlEntry>(upper.entries);
  for (const [name, entry] of lower.entries) {
    const own = entries.get(name);
    if (name === "include") continue;
    if (own === undefined) entries.set(name, entry);
    else if (own.node.kind === "map" && entry.node.kind === "map") {
      entries.set(name, { key: own.key, node: merged(own.node, entry.node) });
    }
  }
  return { ...upper, entries };
}

function folderOf(file: string): string {
  return file.slice(0, Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\")) + 1);
}

/** A relative path from a folder, without `.` and `..`; undefined where it is not a plain relative path. */
function resolvePath(folder: string, path: string): string | undefined {
  if (/^[/\\~]|^[a-z]:|\\|:\/\/|^$/i.test(path)) return undefined;
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") return undefined;
    if (part !== "." && part !== "") parts.push(part);
  }
  return folder + parts.join("/");
}

function unreadable(error: unknown): string {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotFound") return "there is no such file";
  if (name === "PermissionDenied" || name === "NotCapable") return "reading it is not allowed";
  return error instanceof Error ? error.message : String(error);
}
