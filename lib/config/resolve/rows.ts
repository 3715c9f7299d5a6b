// Checks the rows of a stream: tables and columns must exist, key columns must be mapped, paths and
// patterns must parse, and constants must fit their column. Pure.
import { castOf, formatProblem, scaleProblem } from "../../extract/cast/cast.ts";
import { Invalid } from "../../extract/cast/invalid.ts";
import { parseEach } from "../../extract/value/each.ts";
import { stepLength } from "../../extract/value/plus.ts";
import { parsePath, type Path } from "../../extract/value/path.ts";
import { compileTemplate } from "../../extract/value/text_template.ts";
import type { ColumnType, RowsSpec, Stream, Table, ValueSpec } from "../schema/job_schema.ts";
import { regularExpressionProblem } from "../schema/regular_expression.ts";
import { type JobPath, refusal, type Scope } from "./scope.ts";

/** Checks the rows of a stream. */
export function resolveRows(scope: Scope, name: string, stream: Stream): void {
  stream.rows.forEach((entry, index) => {
    new RowsCheck(scope, name, stream, ["streams", name, "rows", index]).entry(entry);
  });
}

/** Checks one entry of `rows`. */
class RowsCheck {
  /** Number of levels above an element of the entry. */
  #above = 0;

  constructor(
    readonly scope: Scope,
    readonly name: string,
    readonly stream: Stream,
    readonly path: JobPath,
  ) {}

  entry(entry: RowsSpec): void {
    const { scope, path } = this;
    this.#above = Infinity;
    const problem = refusal(() => this.#above = parseEach(entry.each).length);
    if (problem !== undefined) scope.value([...path, "each"], problem);
    entry.when?.forEach((condition, index) => {
      this.pathAt([...path, "when", index, "path"], condition.path);
    });
    const table = scope.find("tables", entry.table);
    if (table === undefined && !scope.isUnread("tables", entry.table)) {
      scope.unknown([...path, "table"], "table", entry.table, Object.keys(scope.job.tables));
    }
    if (table !== undefined) this.mapping(entry, table);
    for (const [name, value] of Object.entries(entry.columns ?? {})) {
      const at = [...path, "columns", name];
      const known = table === undefined || Object.hasOwn(table.columns, name);
      if (!known) scope.unknown(at, "column", name, Object.keys(table.columns), { key: true });
      this.value(at, value, known ? table?.columns[name]?.type : undefined);
    }
  }

  mapping(entry: RowsSpec, table: Table): void {
    const { scope, path } = this;
    const mapped = Object.keys(entry.columns ?? table.columns);
    for (const name of table.key) {
      if (mapped.includes(name) || !Object.hasOwn(table.columns, name)) continue;
      scope.key([...path, "columns"], `the key column "${name}" of "${entry.table}" is not mapped`);
    }
    this.merging(entry, table, mapped);
  }

  /** `latest` compares versions, so rows merged with it must map a version column. */
  merging(entry: RowsSpec, table: Table, mapped: readonly string[]): void {
    const { scope, path } = this;
    const bringsVersion = table.version?.some((name) => mapped.includes(name)) ?? false;
    if (bringsVersion) return;
    const why = `"latest" compares the columns of "version", but these rows map none of them`;
    if (entry.merge === "latest") return scope.value([...path, "merge"], why);
    for (const name of mapped) {
      const own = entry.columns?.[name]?.merge;
      if (own === "latest") scope.value([...path, "columns", name, "merge"], why);
    }
  }

  value(at: JobPath, value: ValueSpec, type: ColumnType | undefined): void {
    const { scope } = this;
    const sources = (["path", "value", "template", "hash"] as const).filter((key) =>
      value[key] !== undefined
    );
    if (sources.length > 1) {
      scope.key(
        at,
        `expected one of path, value, template and hash, found ${sources.join(" and ")}`,
      );
    }
    value.path?.forEach((path, index) => this.pathAt([...at, "path", index], path));
    value.hash?.forEach((path, index) => this.pathAt([...at, "hash", index], path));
    if (value.plus !== undefined) this.plus([...at, "plus"], value, type);
    if (value.template !== undefined) this.template([...at, "template"], value.template);
    if (value.capture !== undefined) {
      const problem = regularExpressionProblem(value.capture);
      if (problem !== undefined) scope.value([...at, "capture"], problem);
    }
    if (type !== undefined) this.cast(at, value, type);
  }

  /** The steps that are added to a time: where they are found, and that the column is a time. */
  plus(
    at: JobPath,
    { plus, value, template, hash }: ValueSpec,
    type: ColumnType | undefined,
  ): void {
    if (plus === undefined) return;
    this.pathAt([...at, "count"], plus.count);
    if (stepLength(plus.of) === undefined) this.pathAt([...at, "of"], plus.of);
    const isMoment = type === undefined || ["date", "timestamp", "timestamptz"].includes(type);
    if (!isMoment) {
      this.scope.key(at, `"plus" is for dates and timestamps, but the column has type ${type}`);
    }
    if (value !== undefined || template !== undefined || hash !== undefined) {
      this.scope.key(at, '"plus" requires a path');
    }
  }

  cast(at: JobPath, value: ValueSpec, type: ColumnType): void {
    const unscaled = value.scale === undefined ? undefined : scaleProblem(type);
    if (unscaled !== undefined) return this.scope.key([...at, "scale"], unscaled);
    const problem = formatProblem(type, value.format);
    if (problem !== undefined) return this.scope.value([...at, "format"], problem);
    if (value.split !== undefined && !type.endsWith("[]")) {
      this.scope.key(
        [...at, "split"],
        `"split" produces an array, but the column has type ${type}`,
      );
    }
    if (value.join !== undefined && type !== "text") {
      this.scope.key([...at, "join"], `"join" produces a string, but the column has type ${type}`);
    }
    const { decimal, format, ambiguous } = value;
    const timeZone = value.time_zone ?? this.scope.job.time_zone;
    const cast = castOf(type, { decimal, format, timeZone, ambiguous, inKey: false });
    for (const key of ["value", "default"] as const) {
      const constant = value[key];
      if (constant === undefined || constant === null || value.capture !== undefined) continue;
      if (key === "value" && value.map !== undefined) continue;
      const result = cast(constant);
      if (result instanceof Invalid && value.invalid === "reject") {
        this.scope.value([...at, key], `cannot be cast to ${type}: it ${result.reason}`);
      }
    }
  }

  template(at: JobPath, text: string): void {
    let paths: Path[] = [];
    const problem = refusal(() => paths = compileTemplate(text, () => false, () => null).paths);
    if (problem !== undefined) this.scope.value(at, problem);
    for (const path of paths) this.root(at, path);
  }

  pathAt(at: JobPath, text: string): void {
    let path: Path | undefined;
    const problem = refusal(() => path = parsePath(text));
    if (problem !== undefined) return this.scope.value(at, problem);
    if (path !== undefined) this.root(at, path);
  }

  /** Checks that the root of a path exists: the parent elements, parameter, value of for_each or window. */
  root(at: JobPath, { root, steps, up }: Path): void {
    const { scope, stream } = this;
    if (up > this.#above) scope.value(at, nothingAbove(this.#above));
    const name = String(steps[0] ?? "");
    if (scope.isCut(this.name, root === "each" ? "for_each" : root)) return;
    if (root === "window" && stream.window === undefined) {
      scope.value(at, "the stream has no window");
    } else if (root === "window" && !["from", "to", "last"].includes(name)) {
      scope.unknown(at, "edge of the window", name, ["from", "to", "last"]);
    } else if (root === "each" && !Object.hasOwn(stream.for_each ?? {}, name)) {
      scope.unknown(at, "value of for_each", name, Object.keys(stream.for_each ?? {}));
    } else if (root === "params" && scope.find("params", name) === undefined) {
      if (!scope.isUnread("params", name)) {
        scope.unknown(at, "parameter", name, Object.keys(scope.job.params));
      }
    }
  }
}

function nothingAbove(above: number): string {
  return above === 0
    ? 'a record has no parent; "^" is for the elements that "each" selects'
    : `${
      above === 1 ? "one level is" : `${above} levels are`
    } above the elements of "each", one per array in its path`;
}
