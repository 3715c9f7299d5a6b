// Owns the walk through the shape of a record: a column for each scalar, nested objects flattened, arrays of objects
// kept for separate tables. Pure. Invariant: no two columns of one walk have the same name.
import { COLUMN_TYPES, type ColumnType } from "../config/schema/job_schema.ts";
import { stepTo } from "../extract/value/path.ts";
import { freeName, singular, snakeCase } from "./column_name.ts";
import type { Shape } from "./shape.ts";

/** Levels of objects in objects that are flattened. */
const DEEPEST = 2;
const MOST_COLUMNS = 200;
const MOST_HASHED = 20;

/** Where a column gets its value: a path, a path with its format, or a hash of paths. */
export type ValueDraft =
  | string
  | { readonly path: string; readonly format: string }
  | { readonly path: string; readonly decimal: "," }
  | { readonly hash: readonly string[] };

/** A column of a proposed table. */
export interface ColumnDraft {
  /** Its name. */
  readonly name: string;
  /** Its type. */
  readonly type: ColumnType;
  /** Where it gets its value. */
  readonly value: ValueDraft;
  /** The description of the field. */
  readonly about?: string | undefined;
}

/** The columns and arrays of one element. */
export class RecordWalk {
  /** Its columns so far. */
  readonly columns: ColumnDraft[] = [];
  /** Arrays of objects in it, by path. */
  readonly lists: { path: string; name: string; of: Shape }[] = [];
  /** Names of the columns of the key above. */
  readonly inherited: readonly string[];
  readonly #taken = new Set<string>();

  /** Walks through a shape; `above` are the key columns of the row above, which belongs to `table`. */
  constructor(shape: Shape, above: readonly ColumnDraft[] = [], table = "") {
    this.inherited = above.map((column) => this.#inherit(column, table));
    if (shape.kind === "object") this.#members(shape, "", "", 0);
    else this.#add("record", "jsonb", ".");
  }

  /** The column with that path or name; a new one of type text where there is none. */
  take(wanted: string): string {
    return this.columnOf(wanted) ?? this.#add(snakeCase(wanted), "text", wanted);
  }

  /** The column with that path or name. */
  columnOf(wanted: string): string | undefined {
    return this.columns.find(({ name, value }) => name === wanted || value === wanted)?.name;
  }

  /** A column for a value that the request is repeated for. */
  repeated(name: string): string {
    return this.#add(name, "text", `$each.${name}`);
  }

  /** A column for the name of a record that is a member of an object. */
  named(type: "date" | "text"): string {
    return this.#add(type === "date" ? "date" : "key", type, "$key");
  }

  /** A column of the key above. */
  #inherit({ name, type, value }: ColumnDraft, table: string): string {
    const prefixed = ["id", "key", "code", "uuid", "n"].includes(name) || name === "row_hash"
      ? `${singular(table)}_${name}`
      : name;
    const up = (path: string) => path.startsWith("$each.") ? path : `^${path === "." ? "" : path}`;
    const from = typeof value === "string"
      ? up(value)
      : "hash" in value
      ? { hash: value.hash.map(up) }
      : { ...value, path: up(value.path) };
    return this.#add(prefixed, type, from);
  }

  /** A column for the place in the array. */
  place(): string {
    return this.#add("n", "integer", "$index");
  }

  /** A column for a hash of the record: of its fields, or of the whole record where there are many. */
  hash(): string {
    const paths = this.columns.map(({ value }) => pathOf(value));
    const each = paths.filter((path) => path.startsWith("$each."));
    const hash = paths.length === 0 || paths.length > MOST_HASHED ? [...each, "."] : paths;
    return this.#add("row_hash", "text", { hash });
  }

  #members(shape: Shape & { kind: "object" }, path: string, prefix: string, depth: number): void {
    for (const [name, member] of shape.members) {
      if (this.columns.length >= MOST_COLUMNS) return;
      this.#member(member, stepTo(path, name), `${prefix}${name}`, depth);
    }
  }

  #member(shape: Shape, path: string, name: string, depth: number): void {
    if (name.endsWith("#text")) {
      // A path to an XML element finds its text.
      const above = path.slice(0, path.length - '["#text"]'.length);
      this.#member(shape, above || '["#text"]', name.slice(0, -"_#text".length) || "text", depth);
    } else if (shape.kind === "scalar") {
      const { type, format, decimal, about } = shape;
      const written = format !== undefined
        ? { path, format }
        : decimal !== undefined
        ? { path, decimal }
        : path;
      this.#add(name, type, written, about);
    } else if (shape.kind === "object" && depth < DEEPEST) {
      const isWrapper = depth === 0 &&
        /^(attributes|properties|fields|node|resource|_source|_?embedded|data)$/.test(name);
      this.#members(shape, path, isWrapper ? "" : `${name}_`, depth + 1);
    } else if (shape.kind === "list" && shape.of.kind === "object") {
      this.lists.push({ path, name: name.split(/[._]/).at(-1) ?? name, of: shape.of });
    } else if (shape.kind === "list") {
      this.#add(name, listType(shape.of), shape.isWrapped ? `${path}[]` : path);
    } else this.#add(name, "jsonb", path);
  }

  #add(name: string, type: ColumnType, value: ValueDraft, about?: string): string {
    const free = freeName(snakeCase(name), this.#taken);
    this.columns.push({ name: free, type, value, about });
    return free;
  }
}

/** The path of a value. */
function pathOf(value: ValueDraft): string {
  return typeof value === "string" ? value : "path" in value ? value.path : ".";
}

function listType(of: Shape): ColumnType {
  if (of.kind !== "scalar") return "jsonb";
  const type = `${of.type}[]`;
  return COLUMN_TYPES.find((known) => known === type) ?? "jsonb";
}
