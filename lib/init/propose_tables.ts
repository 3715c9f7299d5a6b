// Guesses which tables a record becomes: a column for each scalar, nested objects flattened, and a table for each
// array of objects, with the key of the row above. Pure. Invariant: every table has a key whose columns are mapped; where
// no field looks like one, it is a hash of the record.
import { freeName, singular, snakeCase } from "./column_name.ts";
import { type KeyHints, proposeKey } from "./propose_key.ts";
import { type ColumnDraft, RecordWalk } from "./record_walk.ts";
import type { Shape } from "./shape.ts";

/** A proposed table. */
export interface TableDraft {
  /** Its name. */
  readonly name: string;
  /** Columns of its key. */
  readonly key: readonly string[];
  /** All columns, those of the key first. */
  readonly columns: readonly ColumnDraft[];
  /** The array with an element for each row; undefined for the record itself. */
  readonly each: string | undefined;
}

/** Levels of arrays in arrays that become tables. */
const DEEPEST = 2;

/** What is known about records next to their shape. */
export interface RecordHints {
  /** Fields that the user chose as key. */
  readonly given?: readonly string[];
  /** Names of the values that the request is repeated for. */
  readonly each?: readonly string[];
  /** Type of the names of the records, where they are members of an object. */
  readonly keys?: "date" | "text" | undefined;
  /** See KeyHints. */
  readonly isUnique?: KeyHints["isUnique"];
}

/** The tables of a record, its own first. */
export function proposeTables(record: Shape, word: string, hints: RecordHints = {}): TableDraft[] {
  const { given = [], each = [], keys, isUnique = () => true } = hints;
  const isProven = hints.isUnique !== undefined;
  const name = tableName(snakeCase(word));
  const walk = new RecordWalk(record);
  const repeated = each.map((name) => walk.columnOf(name) ?? walk.repeated(name));
  const named = keys === undefined ? [] : [walk.named(keys)];
  const hasLists = walk.lists.length > 0;
  const proposed = named.length > 0 ? [...repeated, ...named] : proposeKey(walk.columns, {
    ...{ word, hasLists, isInner: false, each: repeated, isUnique, isProven },
  });
  const key = given.length > 0 ? given.map((one) => walk.take(one)) : proposed;
  const own = key.length > 0 ? key : [walk.hash()];
  const table = { name, key: own, columns: keyFirst(walk.columns, own), each: undefined };
  const taken = new Set([name]);
  return [table, ...childrenOf(walk, table, { above: "", taken, isUnique, isProven, depth: 1 })];
}

/** A level of arrays in arrays. */
interface Level {
  readonly above: string;
  readonly taken: Set<string>;
  readonly isUnique: KeyHints["isUnique"];
  readonly isProven: boolean;
  readonly depth: number;
}

function childrenOf(
  { lists }: RecordWalk,
  parent: TableDraft,
  { above, taken, isUnique, isProven, depth }: Level,
): TableDraft[] {
  return lists.flatMap(({ path, name, of }) => {
    const keys = parent.columns.filter((column) => parent.key.includes(column.name));
    const walk = new RecordWalk(of, keys, parent.name);
    const inherited = walk.inherited;
    const each = `${above}${path}[]`;
    const own = innerKeyOf(
      walk.columns.slice(inherited.length),
      name,
      { isUnique: (columns) => isUnique(columns, each), isProven },
    );
    const key = [...inherited, ...own.length > 0 ? own : [walk.place()]];
    const table = {
      name: freeName(`${singular(parent.name)}_${snakeCase(name)}`.slice(0, 60), taken),
      key,
      columns: keyFirst(walk.columns, key),
      each,
    };
    const inner = depth < DEEPEST
      ? childrenOf(walk, table, { above: `${each}.`, taken, isUnique, isProven, depth: depth + 1 })
      : [];
    return [table, ...inner];
  });
}

/** The key within the row above; of several fields that end like an id only the first, as others may refer to other things. */
function innerKeyOf(
  columns: readonly ColumnDraft[],
  word: string,
  proof: Pick<KeyHints, "isUnique" | "isProven">,
): string[] {
  const [first] = columns;
  const likely = columns.filter((column) =>
    column === first || !/_(id|uuid|guid)$/.test(column.name)
  );
  const keyOf = (columns: readonly ColumnDraft[]) =>
    proposeKey(columns, { word, hasLists: false, isInner: true, each: [], ...proof });
  const [exact] = keyOf(columns.filter(({ name }) => name === `${singular(snakeCase(word))}_id`));
  return exact === undefined ? keyOf(likely) : [exact];
}

/** A name that Hindcast and PostgreSQL do not reserve. */
function tableName(name: string): string {
  return /^(hindcast_|pg_)/.test(name) ? `api_${name}`.slice(0, 60) : name;
}

function keyFirst(columns: readonly ColumnDraft[], key: readonly string[]): ColumnDraft[] {
  const first = key.flatMap((name) => columns.find((column) => column.name === name) ?? []);
  return [...first, ...columns.filter(({ name }) => !key.includes(name))];
}
