// Owns the YAML of a drafted job, as a person would write it: short things on one line, a comment where
// something was guessed. Pure. What it writes is checked by the reader of jobs before it reaches a file.
import { Document, isCollection, isMap, isScalar, type Node, type Scalar } from "yaml";
import type { JobDraft } from "./job_draft.ts";
import type { TableDraft } from "./propose_tables.ts";
import type { ColumnDraft } from "./record_walk.ts";

/** Longest map or list that stands on one line, in characters. */
const LONGEST_LINE = 88;

/** The text of a job file; `schema` is the path from it to the JSON Schema of jobs. */
export function writeJob(draft: JobDraft, schema: string, command: string): string {
  const job = {
    job: draft.name,
    about: draft.about,
    ...draft.timeZone === undefined ? {} : { time_zone: draft.timeZone },
    ...draft.start === undefined ? {} : { start: draft.start },
    source: {
      url: `\${${draft.name.toUpperCase()}_URL:-${draft.url}}`,
      ...draft.auth === undefined ? {} : { auth: draft.auth },
      ...draft.limit === undefined ? {} : { limits: draft.limit },
    },
    ...Object.keys(draft.params).length === 0 ? {} : { params: draft.params },
    tables: Object.fromEntries(draft.tables.map((table) => [table.name, tableOf(table)])),
    streams: { [draft.stream]: streamOf(draft) },
  };
  const document = new Document(job);
  layOut(document.contents as Node, 0);
  comment(document, draft);
  const head = `# yaml-language-server: $schema=${schema}\n#\n# Written by ${command}\n\n`;
  // Lists of names stand without blanks inside their brackets, as `deno fmt` has them.
  return head + document.toString({ lineWidth: 0 }).replace(/\[ ([\w,.$^ ]+) \]/g, "[$1]");
}

function tableOf({ key, columns }: TableDraft) {
  return {
    key: key.length === 1 ? key[0] : key,
    columns: Object.fromEntries(columns.map(({ name, type }) => [name, type])),
  };
}

function streamOf(draft: JobDraft) {
  const { method, path, query, body, forEach, window, paging, total, format } = draft;
  const { records, recordDate } = draft;
  const isShort = Object.keys(query).length === 0 && method === "GET";
  return {
    ...Object.keys(forEach).length === 0 ? {} : { for_each: forEach },
    request: isShort ? path : {
      path,
      ...method === "GET" ? {} : { method },
      ...Object.keys(query).length === 0 ? {} : { query },
      ...Object.keys(body).length === 0 ? {} : { body },
    },
    ...window === undefined ? {} : { window },
    ...paging === undefined ? {} : { paging },
    ...total === undefined ? {} : { total },
    ...format === undefined ? {} : { format },
    ...records === "" ? {} : { records },
    ...recordDate === undefined || window === undefined ? {} : { record_date: recordDate },
    rows: rowsOf(draft.tables),
  };
}

function rowsOf(tables: readonly TableDraft[]) {
  const entries = tables.map(({ name, each, columns }) => ({
    table: name,
    ...each === undefined ? {} : { each },
    columns: Object.fromEntries(columns.map(({ name, value }) => [name, value])),
  }));
  const [first] = tables;
  const isPlain = tables.length === 1 && first!.columns.every(isNamedAlike);
  return isPlain ? first!.name : entries.length === 1 ? entries[0] : entries;
}

function isNamedAlike({ name, value }: ColumnDraft): boolean {
  return value === name;
}

/** Sets what is small and inside something on one line. */
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

/** Whether it is a table without a key of its own, about which there is a comment. */
function isHashed(node: Node): boolean {
  return isMap(node) && [node.get("key")].flat().join() === "row_hash" && node.has("columns");
}

/** Whether it fits a line, and is not the list of a table's columns, which is there to be edited. */
function isSmall(node: Node): boolean {
  const value = node.toJSON();
  const parts = Object.values(value as object);
  if (!Array.isArray(value) && parts.length > 5) return false;
  if (parts.some((part) => typeof part === "object" && parts.length > 2)) return false;
  return JSON.stringify(value).replaceAll('"', "").length <= LONGEST_LINE;
}

/** Puts blank lines between sections, and comments on what a person should look at. */
function comment(document: Document, draft: JobDraft): void {
  const { unused, limit, query, body, path, tables, stream } = draft;
  for (const section of ["source", "params", "tables", "streams"]) {
    const key = keyAt(document, [section]);
    if (key !== undefined) key.spaceBefore = true;
  }
  const say = (path: string[], text: string) => {
    const key = keyAt(document, path);
    if (key !== undefined) key.commentBefore = ` ${text}`;
  };
  if (limit === undefined) {
    say(["source", "url"], "Say how fast it may be asked, too, such as limits: 2/s");
  }
  const place = ["streams", stream];
  if ([path, ...Object.values({ ...query, ...body })].some((text) => /\{(to|last)\b/.test(text))) {
    say([...place, "request"], "{last} asks for an end that is included, {to} for one that is not");
  }
  if (unused.length > 0) {
    say([...place, "rows"], `The source takes these, too: ${unused.slice(0, 20).join(", ")}`);
  }
  if (tables[0]!.key.includes("row_hash")) {
    say(
      ["tables", tables[0]!.name, "key"],
      "No field looks like a key, so a hash of the record is it",
    );
  }
}

/** The key at the end of a path of keys. */
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
