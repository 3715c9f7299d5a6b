// Owns the walk through the shape of a record: a column for each scalar, nested objects flattened, lists of
// objects kept for tables of their own. Pure. Invariant: no two columns of one walk have the same name.
import { COLUMN_TYPES, type ColumnType } from "../config/schema/job_schema.ts";
import { stepTo } from "../extract/value/path.ts";
import { freeName, singular, snakeCase } from "./column_name.ts";
import type { Shape } from "./shape.ts";

/** Levels of objects in objects that are flattened. */
const DEEPEST = 2;
const MOST_COLUMNS = 200;
const MOST_HASHED = 20;

/** How a column is found: a path, a path with its format, or a hash of paths. */
export type ValueDraft =
  | string
  | { readonly path: string; readonly format: string }
  | { readonly hash: readonly string[] };

/** A column of a proposed table. */
export interface ColumnDraft {
  /** Its name. */
  readonly name: string;
  /** Its type. */
  readonly type: ColumnType;
  /** Where its value is found. */
  readonly value: ValueDraft;
}

/** The columns and lists of one element. */
export class RecordWalk {
  /** Its columns so far. */
  readonly columns: ColumnDraft[] = [];
  /** Lists of objects in it, by path. */
  readonly lists: { path: string; name: string; of: Shape }[] = [];
  /** Names of the columns of the key above. */
  readonly inherited: readonly string[];
  readonly #taken = new Set<string>();

  /** Walks through a shape; `above` are the columns of the key of the row above, of a table. */
  constructor(shape: Shape, above: readonly ColumnDraft[] = [], table = "") {
    this.inherited = above.map((column) => this.#inherit(column, table));
    if (shape.kind === "object") this.#members(shape, "", "", 0);
    else this.#add("record", "jsonb", ".");
  }

  /** The column that is found at a path or has that name; a new text where there is none. */
  take(wanted: string): string {
    return this.columnOf(wanted) ?? this.#add(snakeCase(wanted), "text", wanted);
  }

  /** The column that is found at a path or has that name. */
  columnOf(wanted: string): string | undefined {
    return this.columns.find(({ name, value }) => name === wanted || value === wanted)?.name;
  }

  /** A column for a value that the request is repeated for. */
  asked(name: string): string {
    return this.#add(name, "text", `$each.${name}`);
  }

  /** A column for the name of a record that is the member of an object. */
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

  /** A column for the place in the list. */
  place(): string {
    return this.#add("n", "integer", "$index");
  }

  /** A column for a hash of the record: of its fields, or of the whole where there are many. */
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
    if (shape.kind === "scalar") {
      const { type, format } = shape;
      this.#add(name, type, format === undefined ? path : { path, format });
    } else if (shape.kind === "object" && depth < DEEPEST) {
      const isWrapper = depth === 0 && /^(attributes|properties|fields)$/.test(name);
      this.#members(shape, path, isWrapper ? "" : `${name}_`, depth + 1);
    } else if (shape.kind === "list" && shape.of.kind === "object") {
      this.lists.push({ path, name: name.split(/[._]/).at(-1) ?? name, of: shape.of });
    } else this.#add(name, shape.kind === "list" ? listType(shape.of) : "jsonb", path);
  }

  #add(name: string, type: ColumnType, value: ValueDraft): string {
    const free = freeName(snakeCase(name), this.#taken);
    this.columns.push({ name: free, type, value });
    return free;
  }
}

/** Where a value is found. */
function pathOf(value: ValueDraft): string {
  return typeof value === "string" ? value : "path" in value ? value.path : ".";
}

function listType(of: Shape): ColumnType {
  if (of.kind !== "scalar") return "jsonb";
  const type = `${of.type}[]`;
  return COLUMN_TYPES.find((known) => known === type) ?? "jsonb";
}
