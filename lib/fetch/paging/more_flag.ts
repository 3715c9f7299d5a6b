// Owns what a page says about whether others follow it, where it says so by a flag. Pure.
import type { MoreSpec } from "../../config/schema/paging_schema.ts";
import { compileCondition } from "../../extract/value/condition.ts";
import type { PageFacts } from "./paginator.ts";

/** Whether pages follow; undefined where the page, or the job, says nothing about it. */
export function moreOf(spec: MoreSpec, page: PageFacts): boolean | undefined {
  if (spec === undefined) return undefined;
  if (typeof spec === "object") return compileCondition(spec, isNone).holds(page.value(spec.path));
  const flag = page.value(spec);
  return isNone(flag) ? undefined : !isFalse(flag);
}

function isNone(value: unknown): boolean {
  return value === undefined || value === null;
}

function isFalse(flag: unknown): boolean {
  return flag === false || flag === 0 || flag === "false" || flag === "0" || flag === "";
}
