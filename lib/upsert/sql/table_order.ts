// Owns the order in which tables are created and written: a table comes after the tables it references.
// Tables that reference each other in a cycle keep the order of the job file.
import type { Table } from "../../config/schema/job_schema.ts";

/** Names of the tables, each after the tables it references, otherwise in the order of their declaration. */
export function tableOrder(tables: Readonly<Record<string, Table>>): string[] {
  const ordered = new Set<string>();
  const visiting = new Set<string>();
  const visit = (name: string) => {
    if (ordered.has(name) || visiting.has(name) || !Object.hasOwn(tables, name)) return;
    visiting.add(name);
    for (const reference of Object.values(tables[name]!.references)) {
      visit(referenceParts(reference).table);
    }
    ordered.add(name);
  };
  for (const name of Object.keys(tables)) visit(name);
  return [...ordered];
}

/** Table and column of a reference such as `races.id`. */
export function referenceParts(reference: string): { table: string; column: string } {
  const dot = reference.lastIndexOf(".");
  return { table: reference.slice(0, dot), column: reference.slice(dot + 1) };
}
