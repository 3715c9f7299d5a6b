// Reads a job file and the files it includes, and merges them into one tree. Included files must be in
// the folder of the top file or below it, so that a job from a stranger cannot read other files. A file
// that includes itself, directly or not, is a problem, not a loop.
import { type Finding, type SourceText, sourceText } from "./problem.ts";
import type { YamlEntry, YamlMap, YamlNode } from "./node.ts";
import { readYamlTree } from "./tree.ts";

/** Maximum number of files per job. */
const MOST_FILES = 16;

/** Reads a file as text; throws if it cannot. */
export type ReadText = (path: string) => string | Promise<string>;

/** The tree of a job with its includes merged. */
export interface JobTree {
  /** The tree, or undefined if the top file cannot be read or is empty. */
  readonly root: YamlNode | undefined;
  /** The problems found so far. */
  readonly findings: Finding[];
}

/** Changes the tree of one file before it is merged with others; returns problems with it. */
export type PrepareTree = (root: YamlNode) => { root: YamlNode; findings: readonly Finding[] };

/** Reads a job file and the files it includes; each is prepared by `prepare` before they are merged. */
export async function readJobTree(
  file: string,
  readText: ReadText,
  prepare: PrepareTree = (root) => ({ root, findings: [] }),
): Promise<JobTree> {
  let text: string;
  try {
    text = await readText(file);
  } catch (error) {
    const finding = { place: file, message: unreadable(error) };
    return { root: undefined, findings: [finding] };
  }
  const { root, findings } = readPrepared(sourceText(file, text), prepare);
  const reader = { readText, prepare, findings, files: 1, folder: folderOf(file) };
  const whole = root?.kind === "map" ? await withIncludes(root, [file], reader) : root;
  return { root: whole, findings };
}

/** The tree of one file, prepared, and its problems. */
function readPrepared(source: SourceText, prepare: PrepareTree) {
  const { root, findings } = readYamlTree(source);
  if (root === undefined) return { root, findings };
  const prepared = prepare(root);
  return { root: prepared.root, findings: [...findings, ...prepared.findings] };
}

interface Reader {
  readonly readText: ReadText;
  readonly prepare: PrepareTree;
  readonly findings: Finding[];
  /** Folder that included files must be in; empty or ending with a slash. */
  readonly folder: string;
  files: number;
}

/** The mapping merged with the files it includes: its own keys win, then those of later files. */
async function withIncludes(root: YamlMap, stack: string[], reader: Reader): Promise<YamlMap> {
  const entry = root.entries.get("include");
  if (entry === undefined) return root;
  let below: YamlMap | undefined;
  for (const item of entry.node.kind === "list" ? entry.node.items : [entry.node]) {
    const included = await readIncluded(item, stack, reader);
    if (included !== undefined) below = below === undefined ? included : merged(included, below);
  }
  if (below === undefined) return root;
  reportForeignAuth(root, below, reader);
  return merged(root, below);
}

/** The credentials of an included file are for its own host: another URL must bring its own `auth`. */
function reportForeignAuth(upper: YamlMap, lower: YamlMap, reader: Reader): void {
  const [own, included] = [upper, lower].map((map) => entryAt(map, "source")?.node);
  const url = entryAt(own, "url");
  const theirs = entryAt(included, "url");
  if (url === undefined || theirs === undefined || entryAt(included, "auth") === undefined) return;
  if (entryAt(own, "auth") !== undefined || originOf(url.node) === originOf(theirs.node)) return;
  const message =
    'this URL has another host than the included file, whose "auth" it would receive; ' +
    'repeat "auth" in this file';
  reader.findings.push({ place: url.node.place, message });
}

function entryAt(node: YamlNode | undefined, key: string): YamlEntry | undefined {
  return node?.kind === "map" ? node.entries.get(key) : undefined;
}

/** The origin of a URL; of one with variables or a malformed one the text itself. */
function originOf(node: YamlNode): string {
  const text = node.kind === "scalar" ? String(node.value) : "";
  return !text.includes("${") && URL.canParse(text) ? new URL(text).origin : text;
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
    return refuse("an included file must be in the folder of the job file or below it");
  }
  if (!/\.(ya?ml|json)$/i.test(path)) {
    return refuse("an included file must be a .yaml, .yml or .json file");
  }
  if (stack.includes(path)) return refuse(`"${path}" includes itself`);
  if (++reader.files > MOST_FILES) return refuse(`a job has more than ${MOST_FILES} files`);
  let text: string;
  try {
    text = await reader.readText(path);
  } catch (error) {
    return refuse(`cannot read "${path}": ${unreadable(error)}`);
  }
  const { root, findings } = readPrepared(sourceText(path, text), reader.prepare);
  reader.findings.push(...findings);
  if (root === undefined) return undefined;
  if (root.kind !== "map") return refuse(`"${path}" is not a mapping`);
  return await withIncludes(withoutKey(root, "job"), [...stack, path], reader);
}

/** The mapping without a key. An included file may be a job too; its name is not inherited. */
function withoutKey(root: YamlMap, key: string): YamlMap {
  return { ...root, entries: new Map([...root.entries].filter(([name]) => name !== key)) };
}

/** Merges mappings key by key; for other values the upper one wins. */
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

/** A path relative to a folder, without `.` and `..`; undefined if it is not a plain relative path. */
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
  if (name === "NotFound") return "the file does not exist";
  if (name === "PermissionDenied" || name === "NotCapable") {
    return "permission to read it is denied";
  }
  return error instanceof Error ? error.message : String(error);
}
