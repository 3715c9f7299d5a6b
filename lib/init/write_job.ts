// Owns the YAML of a drafted job, as a user would write it: short values on one line, a comment where something is a
// guess. Pure. Invariant: a string of a document is a literal, whatever it contains: it names no variable, ends no
// comment and starts no key.
import { Document, isCollection, isMap, isScalar, type Node, type Scalar } from "yaml";
import type { JobDraft } from "./job_draft.ts";
import { withVariables } from "./request_draft.ts";
import { oneLine } from "../report/text/format.ts";
import type { TableDraft } from "./propose_tables.ts";
import type { ColumnDraft } from "./record_walk.ts";

/** Longest mapping or sequence on one line, in characters. */
const LONGEST_LINE = 88;

/** The text of a job file; `schema` is the path from it to the JSON Schema of jobs. */
export function writeJob(draft: JobDraft, schema: string, command: string): string {
  const { params, tables, streams } = literals({
    params: draft.params,
    tables: Object.fromEntries(draft.tables.map((table) => [table.name, tableOf(table)])),
    streams: { [draft.stream]: streamOf(draft) },
  });
  const job = {
    job: draft.name,
    about: literals(oneLine(draft.about).slice(0, 200)),
    ...draft.timeZone === undefined ? {} : { time_zone: draft.timeZone },
    ...draft.start === undefined ? {} : { start: draft.start },
    source: {
      url: `\${${draft.name.toUpperCase()}_URL:-${plainUrl(draft.url)}}`,
      ...draft.auth === undefined ? {} : { auth: draft.auth },
      ...limitsOf(draft),
    },
    ...Object.keys(params).length === 0 ? {} : { params },
    tables,
    streams,
  };
  const document = new Document(job);
  layOut(document.contents as Node, 0);
  comment(document, draft);
  const noted = draft.notes.map((note) => `#\n# ${commentOf(note)}\n`).join("");
  const head = `# yaml-language-server: $schema=${schema}\n#\n# Written by ${
    oneLine(command)
  }\n${noted}\n`;
  // Lists of names have no spaces inside their brackets, as `deno fmt` writes them.
  return head + document.toString({ lineWidth: 0 }).replace(/\[ ([\w,.$^/ ]+) \]/g, "[$1]");
}

/** A text as a comment: on one line, and naming no variable. */
function commentOf(text: string): string {
  return oneLine(text).replaceAll("${", "$ {");
}

/** A value whose strings are literals; only marked variables are references. */
function literals<T>(value: T): T {
  const walk = (item: unknown): unknown => {
    if (typeof item === "string") return withVariables(item);
    if (Array.isArray(item)) return item.map(walk);
    if (typeof item !== "object" || item === null) return item;
    return Object.fromEntries(Object.entries(item).map(([name, inner]) => [name, walk(inner)]));
  };
  return walk(value) as T;
}

/** A URL that ends no reference: braces, queries and fragments do not belong to a base URL. */
function plainUrl(url: string): string {
  if (!URL.canParse(url)) return url.replace(/[{}$\s]/g, "");
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname.replace(/\$/g, "%24").replace(/\/+$/, "")}`;
}

function limitsOf({ limits }: JobDraft) {
  if (limits.length === 0) return {};
  return { limits: limits.length === 1 ? limits[0] : limits };
}

function tableOf({ key, columns }: TableDraft) {
  return {
    key: key.length === 1 ? key[0] : key,
    columns: Object.fromEntries(columns.map(({ name, type }) => [name, type])),
  };
}

function streamOf(draft: JobDraft) {
  const { method, path, query, headers, body, forEach, window, paging, total, maxRecords } = draft;
  const { records, recordDate, form } = draft;
  const isShort = [query, headers].every((one) => Object.keys(one).length === 0) &&
    method === "GET";
  return {
    ...Object.keys(forEach).length === 0 ? {} : { for_each: forEach },
    request: isShort ? path : {
      path,
      ...method === "GET" ? {} : { method },
      ...Object.keys(query).length === 0 ? {} : { query },
      ...Object.keys(headers).length === 0 ? {} : { headers },
      ...Object.keys(body).length === 0
        ? {}
        : { body: nested(Object.entries(body).map(([name, value]) => [name.split("."), value])) },
    },
    ...window === undefined ? {} : { window },
    ...paging === undefined ? {} : { paging },
    ...total === undefined ? {} : { total },
    ...maxRecords === undefined ? {} : { max_records: maxRecords },
    ...form,
    ...records === "" ? {} : { records },
    ...recordDate === undefined || window === undefined ? {} : { record_date: recordDate },
    rows: rowsOf(draft),
  };
}

function rowsOf({ tables, when }: JobDraft) {
  const entries = tables.map(({ name, each, columns }) => ({
    table: name,
    ...each === undefined ? {} : { each },
    ...when === undefined ? {} : { when },
    columns: Object.fromEntries(columns.map(({ name, value }) => [name, value])),
  }));
  const [first] = tables;
  const isPlain = tables.length === 1 && when === undefined && first!.columns.every(isNamedAlike);
  return isPlain ? first!.name : entries.length === 1 ? entries[0] : entries;
}

function isNamedAlike({ name, value }: ColumnDraft): boolean {
  return value === name;
}

/** Puts small inner values on one line. */
function layOut(node: Node, depth: number): void {
  if (!isCollection(node)) return;
  if (depth > 1 && isSmall(node) && !isHashed(node)) {
    node.flow = true;
    return;
  }
  for (const item of node.items) {
    const value = isMap(node) ? (item as { value: unknown }).value : item;
    layOut(value as Node, depth + 1);
  }
}

/** Whether it is a table whose key is a hash, which gets a comment. */
function isHashed(node: Node): boolean {
  return isMap(node) && [node.get("key")].flat().join() === "row_hash" && node.has("columns");
}

/** Whether it fits on a line and is not a mapping of columns, which the user edits. */
function isSmall(node: Node): boolean {
  const value = node.toJSON();
  const parts = Object.values(value as object);
  if (!Array.isArray(value) && parts.length > 5) return false;
  if (parts.some((part) => typeof part === "object" && parts.length > 2)) return false;
  return JSON.stringify(value).replaceAll('"', "").length <= LONGEST_LINE;
}

/** Puts blank lines between sections, and comments on what the user should check. */
function comment(document: Document, draft: JobDraft): void {
  const { unused, limits, tables, stream, guesses } = draft;
  for (const section of ["source", "params", "tables", "streams"]) {
    const key = keyAt(document, [section]);
    if (key !== undefined) key.spaceBefore = true;
  }
  const say = (path: string[], text: string) => {
    const key = keyAt(document, path);
    if (key !== undefined) key.commentBefore = ` ${commentOf(text)}`;
  };
  const place = ["streams", stream];
  if (limits.length === 0) {
    say(["source", "url"], "Add the allowed rate, for example limits: 2/s");
  }
  if (namesEdge(draft)) {
    say(
      [...place, "request"],
      "{last} is an inclusive end, {to} an exclusive one; probe shows which one the API uses",
    );
  }
  for (const [key, guess] of Object.entries(guesses)) {
    say([...place, key], `${guess.charAt(0).toUpperCase()}${guess.slice(1)}`);
  }
  if (unused.length > 0) {
    say([...place, "rows"], `Other parameters of the API: ${unused.slice(0, 20).join(", ")}`);
  }
  for (const { name, key } of tables) {
    if (key.includes("row_hash")) {
      say(["tables", name, "key"], "No field looks like a key, so the key is a hash of the record");
    }
  }
}

function namesEdge({ path, query, body }: JobDraft): boolean {
  return [path, ...Object.values({ ...query, ...body })].some((text) => /\{(to|last)\b/.test(text));
}

/** The members of a body by the steps of their names: `filter.from` is a member of an object. */
function nested(members: readonly (readonly [steps: string[], value: string])[]): object {
  const byName = Map.groupBy(members, ([steps]) => steps[0]!);
  return Object.fromEntries([...byName].map(([name, group]) => {
    const whole = group.find(([steps]) => steps.length === 1);
    return [name, whole?.[1] ?? nested(group.map(([steps, value]) => [steps.slice(1), value]))];
  }));
}

/** The key node at the end of a path of keys. */
function keyAt(document: Document, path: readonly string[]): Scalar | undefined {
  let node: unknown = document.contents;
  let key: unknown;
  for (const name of path) {
    const pair = isMap(node)
      ? node.items.find(({ key }) => isScalar(key) && key.value === name)
      : undefined;
    key = pair?.key;
    node = pair?.value;
  }
  return isScalar(key) ? key : undefined;
}
