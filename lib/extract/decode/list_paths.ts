// Owns the repair of lists that an API writes without the list where they have one element, as XML and
// converters from XML do. The paths of the job show where it expects lists; the repair wraps what is not
// one. Pure. Values that no path of the job reads stay as they are.
import type { RowsSpec, Stream } from "../../config/schema/job_schema.ts";
import { parseEach } from "../value/each.ts";
import { EACH, isObject, own, parsePath, type Path, type Step } from "../value/path.ts";
import { compileTemplate } from "../value/text_template.ts";

/** The paths that lead to or through a list, as steps from the response; `EACH` for every element. */
export type ListPaths = readonly (readonly Step[])[];

/** The paths of a stream that expect lists. */
export function listPathsOf({ records, rows }: Pick<Stream, "records" | "rows">): ListPaths {
  const found = parsePath(records.path).steps;
  const record: Step[] = records.as === "single" ? [...found] : [...found, EACH];
  return [record, ...rows.flatMap((entry) => pathsOfEntry(entry, record))]
    .filter((steps) => steps.some((step) => typeof step !== "string"));
}

function pathsOfEntry(entry: RowsSpec, record: Step[]): Step[][] {
  const elements: Step[][] = [record];
  for (const { steps, over } of parseEach(entry.each)) {
    if (over !== "list") break;
    elements.unshift([...elements[0]!, ...steps, EACH]);
  }
  const values = Object.values(entry.columns ?? {});
  const paths = [
    ...(entry.when ?? []).map(({ path }) => parsePath(path)),
    ...values.flatMap(({ path = [], hash = [], plus }) =>
      [...path, ...hash, ...plus === undefined ? [] : [plus.count]].map(parsePath)
    ),
    ...values.flatMap(({ template }) =>
      template === undefined ? [] : compileTemplate(template, () => false, () => null).paths
    ),
  ];
  return [elements[0]!, ...paths.flatMap((path) => absolute(path, elements))];
}

function absolute({ root, up, steps }: Path, elements: readonly Step[][]): Step[][] {
  const start = root === "element"
    ? elements[up]
    : root === "record"
    ? elements.at(-1)
    : root === "body"
    ? []
    : undefined;
  return start === undefined ? [] : [[...start, ...steps]];
}

/** Wraps what is not a list where the paths expect one; an absent value stays absent. Changes the body. */
export function wrapLists(body: unknown, paths: ListPaths): void {
  for (const steps of paths) wrapAlong(body, steps, 0);
}

function wrapAlong(value: unknown, steps: readonly Step[], at: number): void {
  const [step, next] = [steps[at], steps[at + 1]];
  if (step === undefined) return;
  if (typeof step !== "string") {
    if (!Array.isArray(value)) return;
    for (const item of typeof step === "number" ? [value.at(step)] : value) {
      wrapAlong(item, steps, at + 1);
    }
    return;
  }
  const member = own(value, step);
  if (member === undefined || member === null) return;
  const isWrapped = next === undefined || typeof next === "string" || Array.isArray(member);
  if (isWrapped) return wrapAlong(member, steps, at + 1);
  const list = [member];
  if (isObject(value)) value[step] = list;
  wrapAlong(list, steps, at + 1);
}
