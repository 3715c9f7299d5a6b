// Owns the guess what tables a record becomes: a column for each scalar, nested objects flattened, a table
// of its own for each list of objects, with the key of the row above. Pure. Invariant: every table has a
// key whose columns are mapped; where no field looks like one, a hash of the record is it.
import { COLUMN_TYPES, type ColumnType } from "../config/job_schema.ts";
import { stepTo } from "../extract/path.ts";
import { freeName, singular, snakeCase } from "./column_name.ts";
import { type KeyHints, proposeKey } from "./propose_key.ts";
import type { Shape } from "./shape.ts";

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

/** A proposed table. */
export interface TableDraft {
  /** Its name. */
  readonly name: string;
  /** Columns of its key. */
  readonly key: readonly string[];
  /** All columns, those of the key first. */
  readonly columns: readonly ColumnDraft[];
  /** What rows are made for each of; undefined for the record itself. */
  readonly each: string | undefined;
}

/** Objects in objects that are flattened, and lists in lists that become tables. */
const DEEPEST = 2;
const MOST_COLUMNS = 200;
const MOST_HASHED = 20;

/** What is known of records beside their shape. */
export interface RecordHints {
  /** Fields that a person chose as key. */
  readonly given?: readonly string[];
  /** Names of the values that the request is repeated for. */
  readonly each?: readonly string[];
  /** What the names of the records are, where they are members of an object. */
  readonly keys?: "date" | "text" | undefined;
  /** See KeyHints. */
  readonly isUnique?: KeyHints["isUnique"];
}

/** The tables of a record, its own first. */
export function proposeTables(record: Shape, word: string, hints: RecordHints = {}): TableDraft[] {
  const { given = [], each = [], keys, isUnique = () => true } = hints;
  const name = snakeCase(word);
  const walk = new Walk(record);
  const asked = each.map((name) => walk.columnOf(name) ?? walk.asked(name));
  const named = keys === undefined ? [] : [walk.named(keys)];
  const hasLists = walk.lists.length > 0;
  const proposed = named.length > 0
    ? [...asked, ...named]
    : proposeKey(walk.columns, { word, hasLists, isInner: false, each: asked, isUnique });
  const key = given.length > 0 ? given.map((one) => walk.take(one)) : proposed;
  const own = key.length > 0 ? key : [walk.hash()];
  const table = { name, key: own, columns: keyFirst(walk.columns, own), each: undefined };
  const taken = new Set([name]);
  return [table, ...childrenOf(walk, table, "", taken, 1)];
}

function childrenOf(
  { lists }: Walk,
  parent: TableDraft,
  above: string,
  taken: Set<string>,
  depth: number,
): TableDraft[] {
  return lists.flatMap(({ path, name, of }) => {
    const keys = parent.columns.filter((column) => parent.key.includes(column.name));
    const walk = new Walk(of, keys, parent.name);
    const inherited = walk.inherited;
    const each = `${above}${path}[]`;
    const own = innerKeyOf(walk.columns.slice(inherited.length), name, inherited);
    const key = [...inherited, ...own.length > 0 ? own : [walk.place()]];
    const table = {
      name: freeName(`${singular(parent.name)}_${snakeCase(name)}`.slice(0, 60), taken),
      key,
      columns: keyFirst(walk.columns, key),
      each,
    };
    const inner = depth < DEEPEST ? childrenOf(walk, table, `${each}.`, taken, depth + 1) : [];
    return [table, ...inner];
  });
}

/** The key within the row above; of fields that only end like an id the first alone, as others may be of other things. */
function innerKeyOf(
  columns: readonly ColumnDraft[],
  word: string,
  inherited: readonly string[],
): string[] {
  const own = columns.filter(({ value }) => !inherited.includes(String(value)));
  const [first] = columns;
  const likely = own.filter((column) => column === first || !/_(id|uuid|guid)$/.test(column.name));
  const keyOf = (columns: readonly ColumnDraft[]) =>
    proposeKey(columns, { word, hasLists: false, isInner: true, each: [], isUnique: () => true });
  const [exact] = keyOf(own.filter(({ name }) => name === `${singular(snakeCase(word))}_id`));
  return exact === undefined ? keyOf(likely) : [exact];
}

function keyFirst(columns: readonly ColumnDraft[], key: readonly string[]): ColumnDraft[] {
  const first = key.flatMap((name) => columns.find((column) => column.name === name) ?? []);
  return [...first, ...columns.filter(({ name }) => !key.includes(name))];
}

/** The columns and lists of one element. */
class Walk {
  readonly columns: ColumnDraft[] = [];
  readonly lists: { path: string; name: string; of: Shape }[] = [];
  /** Names of the columns of the key above. */
  readonly inherited: readonly string[];
  readonly #taken = new Set<string>();

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
