// Reads the flag by which a page declares whether more pages follow. Pure. Invariant: an absent or
// null flag declares nothing.
import type { MoreSpec } from "../../config/schema/paging_schema.ts";
import { compileCondition } from "../../extract/value/condition.ts";
import { isNumber } from "../../extract/cast/exact_number.ts";
import type { PageFacts } from "./paginator.ts";

/** Returns whether more pages follow; undefined if the page or the job does not declare it. */
export function readMoreFlag(spec: MoreSpec, page: PageFacts): boolean | undefined {
  if (spec === undefined) return undefined;
  if (typeof spec === "object") {
    return compileCondition(spec, isNullish).holds(page.value(spec.path));
  }
  const flag = page.value(spec);
  return isNullish(flag) ? undefined : !isFalse(flag);
}

function isNullish(value: unknown): boolean {
  return value === undefined || value === null;
}

function isFalse(flag: unknown): boolean {
  return flag === false || isNumber(flag) && Number(flag) === 0 ||
    typeof flag === "string" && /^(false|no|n|0|)$/i.test(flag);
}
