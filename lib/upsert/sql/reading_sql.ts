// Restricts the SQL of a job to one query that reads tables. The database refuses changes in a
// read-only transaction, but a superuser's COPY ... TO PROGRAM, functions that read or write files, and
// functions that act on the server are not changes to it. They are refused by name here. Pure.
import { Failure } from "../../failure.ts";

/** What a query can begin with; COPY, CALL, DO, SET and the like cannot be part of one. */
const BEGINNINGS = new Set(["select", "with", "values", "table", "("]);

/** Functions that reach beyond the tables, by the beginning of their names. */
const FORBIDDEN = new RegExp(
  `^(?:${
    [
      "pg_read_",
      "pg_ls_",
      "pg_stat_file$",
      "pg_file_",
      "pg_logfile_",
      "pg_current_logfile$",
      "pg_hba_file_rules$",
      "pg_ident_file_mappings$",
      "pg_show_all_file_settings$",
      "lo_",
      "loread$",
      "lowrite$",
      "dblink",
      "setval$",
      "nextval$",
      "set_config$",
      "pg_notify$",
      "pg_terminate_backend$",
      "pg_cancel_backend$",
      "pg_reload_conf$",
      "pg_rotate_logfile",
      "pg_promote$",
      "pg_switch_",
      "pg_create_",
      "pg_drop_",
      "pg_copy_",
      "pg_logical_",
      "pg_replication_",
      "pg_start_backup$",
      "pg_stop_backup$",
      "pg_backup_",
      "pg_wal_replay_",
      "pg_advisory_",
      "pg_try_advisory_",
      "pg_import_system_collations$",
      "pg_extension_config_dump$",
      "pg_log_backend_memory_contexts$",
      "pg_stat_reset",
      "pg_reset",
      // These run SQL that is given as a string.
      "query_to_xml",
      "cursor_to_xml",
      "table_to_xml",
      "schema_to_xml",
      "database_to_xml",
      "ts_stat$",
      "ts_rewrite$",
    ].join("|")
  })`,
);

const TOKEN = new RegExp(
  [
    String.raw`(?<blank>\s+|--[^\n]*|/\*)`,
    String.raw`(?<string>[eE]'(?:[^'\\]|\\.|'')*'|(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*')`,
    String.raw`(?<dollar>\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)`,
    String.raw`(?<unicode>[uU]&")`,
    String.raw`(?<quoted>"(?:[^"]|"")*")`,
    String.raw`(?<word>[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)`,
    String.raw`(?<other>[^])`,
  ].join("|"),
  "y",
);

/**
 * The query without a final semicolon.
 *
 * @throws {Failure} of kind `target` if it is not a query, or calls a function that does more than read tables.
 */
export function readingSql(sql: string): string {
  const query = sql.replace(/[\s;]+$/, "");
  let [first, before] = ["", ""];
  for (const token of tokensOf(query)) {
    first ||= token.toLowerCase();
    if (token === "(" && FORBIDDEN.test(before)) throw refused(`it calls ${before}()`);
    if (token.startsWith("U&")) throw refused("it has an identifier with Unicode escapes");
    before = nameOf(token);
  }
  if (!BEGINNINGS.has(first)) throw refused("it does not begin with SELECT, WITH, VALUES or TABLE");
  return query;
}

/** The words, quoted names and signs of a statement; strings and comments are left out. */
function* tokensOf(sql: string): Generator<string> {
  TOKEN.lastIndex = 0;
  for (let at = 0; at < sql.length;) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(sql);
    if (match === null) return;
    const { blank, string, dollar, unicode, quoted, word, other } = match.groups!;
    at = TOKEN.lastIndex;
    if (blank === "/*") at = endOfComment(sql, at);
    else if (dollar !== undefined) at = endAfter(sql, dollar, at);
    else if (unicode !== undefined) yield "U&";
    else if (string !== undefined) yield "''";
    else if (blank === undefined) yield quoted ?? word ?? other!;
  }
}

/** Comments nest. */
function endOfComment(sql: string, from: number): number {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = from;
  for (let depth = 1; depth > 0;) {
    const match = edge.exec(sql);
    if (match === null) return sql.length;
    depth += match[0] === "/*" ? 1 : -1;
  }
  return edge.lastIndex;
}

function endAfter(sql: string, delimiter: string, from: number): number {
  const at = sql.indexOf(delimiter, from);
  return at < 0 ? sql.length : at + delimiter.length;
}

function nameOf(token: string): string {
  return token.startsWith('"') ? token.slice(1, -1).replaceAll('""', '"') : token.toLowerCase();
}

function refused(why: string): Failure {
  return new Failure("target", `Cannot run the query: ${why}`, {
    hint: "Write a query that only reads tables",
  });
}
