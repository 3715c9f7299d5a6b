// Owns what is read from the database's catalog about existing tables: one query for all tables. It changes
// nothing and decides nothing.

/** An existing column. */
export interface ExistingColumn {
  /** Its type, as `format_type` names it. */
  readonly type: string;
  /** The type that a domain is based on; the type itself for all others. */
  readonly base: string;
  /** Whether the type, or the domain's base, is an enum. */
  readonly isEnum: boolean;
  /** Why nothing can be inserted: the column is `generated`, or an `identity` that is always generated. */
  readonly computed: "generated" | "identity" | null;
}

/** The properties of an existing table that matter for writing to it. */
export interface ExistingTable {
  /** The value of `pg_class.relkind`: `r` is a table, `p` a partitioned one, `v` a view. */
  readonly kind: string;
  /** Its columns by name. */
  readonly columns: ReadonlyMap<string, ExistingColumn>;
  /** Columns that must not be null and have no default. */
  readonly required: readonly string[];
  /** Column sets that `ON CONFLICT` can use: those of a valid, immediate, unique index without a condition. */
  readonly uniqueKeys: readonly (readonly string[])[];
  /** Column sets of deferrable unique constraints, which `ON CONFLICT` cannot use, by constraint. */
  readonly deferrableKeys: ReadonlyMap<string, readonly string[]>;
  /** Names of its indexes. */
  readonly indexes: readonly string[];
  /** Names of its constraints. */
  readonly constraints: readonly string[];
  /** Whether a constraint can be checked as late as at the commit. */
  readonly hasDeferrable: boolean;
  /** Whether a trigger runs before each row is written, and can drop it. */
  readonly hasRowTrigger: boolean;
  /** Comments by column; `""` is the table's own. */
  readonly comments: ReadonlyMap<string, string>;
}

/** Takes a JSON array of table names as `$1`; returns a row per existing table: its name and a JSON description. */
export const CATALOG_SQL = `
SELECT name.value, json_build_object(
  'kind', c.relkind,
  'columns', (SELECT json_object_agg(a.attname, json_build_object(
      'type', format_type(a.atttypid, a.atttypmod),
      'base', CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod)
        ELSE format_type(a.atttypid, a.atttypmod) END,
      'isEnum', coalesce(b.typtype, t.typtype) = 'e',
      'computed', CASE WHEN a.attgenerated <> '' THEN 'generated'
        WHEN a.attidentity = 'a' THEN 'identity' END))
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type b ON b.oid = t.typbasetype
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
  'required', (SELECT json_agg(a.attname) FROM pg_attribute a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''),
  'uniqueKeys', (SELECT json_agg((SELECT json_agg(a.attname) FROM pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1])))
    FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate
      AND i.indpred IS NULL AND i.indexprs IS NULL),
  'deferrableKeys', (SELECT json_object_agg(k.conname, (SELECT json_agg(a.attname) FROM pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum = ANY (k.conkey)))
    FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype IN ('p', 'u') AND k.condeferrable),
  'indexes', (SELECT json_agg(x.relname) FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
    WHERE i.indrelid = c.oid),
  'constraints', (SELECT json_agg(k.conname) FROM pg_constraint k WHERE k.conrelid = c.oid),
  'hasDeferrable', EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.condeferrable),
  'hasRowTrigger', EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal
    AND g.tgenabled <> 'D' AND g.tgtype & 3 = 3),
  'comments', (SELECT json_object_agg(coalesce(a.attname, ''), d.description) FROM pg_description d
    LEFT JOIN pg_attribute a ON a.attrelid = d.objoid AND a.attnum = d.objsubid AND d.objsubid > 0
    WHERE d.objoid = c.oid AND d.classoid = 'pg_class'::regclass)
)::text
FROM json_array_elements_text($1::json) AS name
JOIN pg_class c ON c.oid = to_regclass(quote_ident(name.value))`;

/** The tables in the result of `CATALOG_SQL`, by name. */
export function readCatalog(rows: readonly (readonly unknown[])[]): Map<string, ExistingTable> {
  return new Map(rows.map(([name, text]) => [String(name), existingTable(String(text))]));
}

function existingTable(text: string): ExistingTable {
  const found = JSON.parse(text);
  return {
    kind: found.kind,
    columns: new Map(Object.entries(found.columns ?? {})) as Map<string, ExistingColumn>,
    required: found.required ?? [],
    uniqueKeys: found.uniqueKeys ?? [],
    deferrableKeys: new Map(Object.entries(found.deferrableKeys ?? {})) as Map<string, string[]>,
    indexes: found.indexes ?? [],
    constraints: found.constraints ?? [],
    hasDeferrable: found.hasDeferrable === true,
    hasRowTrigger: found.hasRowTrigger === true,
    comments: new Map(Object.entries(found.comments ?? {})) as Map<string, string>,
  };
}
