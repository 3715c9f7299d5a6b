// Owns what is read of the database's own catalogue about existing tables. One query for all tables; it
// changes nothing and decides nothing.

/** An existing table, as far as writing to it depends on it. */
export interface ExistingTable {
  /** Column to type, as `format_type` names it. */
  readonly columns: ReadonlyMap<string, string>;
  /** Columns that must have a value and get none by themselves. */
  readonly required: readonly string[];
  /** Column sets that `ON CONFLICT` can use: each of a valid, immediate, unique index without condition. */
  readonly uniqueKeys: readonly (readonly string[])[];
  /** Names of its constraints. */
  readonly constraints: readonly string[];
  /** Comments by column; `""` is the table's own. */
  readonly comments: ReadonlyMap<string, string>;
  /** Whether it is partitioned, so that system columns cannot be read back. */
  readonly partitioned: boolean;
}

/** Takes a JSON list of table names as `$1`; answers one row per existing table: name and a JSON description. */
export const CATALOG_SQL = `
SELECT name.value, json_build_object(
  'partitioned', c.relkind = 'p',
  'columns', (SELECT json_object_agg(a.attname, format_type(a.atttypid, a.atttypmod)) FROM pg_attribute a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
  'required', (SELECT json_agg(a.attname) FROM pg_attribute a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''),
  'uniqueKeys', (SELECT json_agg((SELECT json_agg(a.attname) FROM pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1])))
    FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate
      AND i.indpred IS NULL AND i.indexprs IS NULL),
  'constraints', (SELECT json_agg(k.conname) FROM pg_constraint k WHERE k.conrelid = c.oid),
  'comments', (SELECT json_object_agg(coalesce(a.attname, ''), d.description) FROM pg_description d
    LEFT JOIN pg_attribute a ON a.attrelid = d.objoid AND a.attnum = d.objsubid AND d.objsubid > 0
    WHERE d.objoid = c.oid AND d.classoid = 'pg_class'::regclass)
)::text
FROM json_array_elements_text($1::json) AS name
JOIN pg_class c ON c.oid = to_regclass(quote_ident(name.value))`;

/** The tables of an answer to `CATALOG_SQL`, by name. */
export function readCatalog(rows: readonly (readonly unknown[])[]): Map<string, ExistingTable> {
  return new Map(rows.map(([name, text]) => [String(name), existingTable(String(text))]));
}

function existingTable(text: string): ExistingTable {
  const found = JSON.parse(text);
  return {
    columns: new Map(Object.entries(found.columns ?? {})) as Map<string, string>,
    required: found.required ?? [],
    uniqueKeys: found.uniqueKeys ?? [],
    constraints: found.constraints ?? [],
    comments: new Map(Object.entries(found.comments ?? {})) as Map<string, string>,
    partitioned: found.partitioned === true,
  };
}
