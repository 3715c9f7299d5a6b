// Checks `params`: names must be usable as flags, patterns must compile, and defaults must match their own
// patterns and choices. Pure.
import { flagOf, paramValueProblem } from "../schema/params.ts";
import { regularExpressionProblem } from "../schema/regular_expression.ts";
import type { Scope } from "./scope.ts";

/** Flags of the commands themselves. */
const RESERVED_FLAGS = new Set(
  ("all check-status clear config date dry-run end-date explain fault file from-archive from-start group help json latency limit log only " +
    "openapi path port progress quiet rebuild resume start-date stream url verbose version " +
    "watch with").split(" "),
);

/** Checks every parameter. */
export function resolveParams(scope: Scope): void {
  const flags = new Set<string>();
  for (const [name, param] of Object.entries(scope.job.params)) {
    const path = ["params", name];
    const flag = flagOf(name);
    if (RESERVED_FLAGS.has(flag) || /^(no|skip)-/.test(flag) || flags.has(flag)) {
      scope.key(path, `the flag --${flag} is already in use; choose another name`);
    }
    flags.add(flag);
    const pattern = param.pattern === undefined
      ? undefined
      : regularExpressionProblem(param.pattern);
    if (pattern !== undefined) {
      scope.value([...path, "pattern"], pattern);
      continue;
    }
    if (Array.isArray(param.default) && !param.list) {
      scope.value([...path, "default"], 'a list as the default requires "list: true"');
    }
    for (const value of [param.default ?? []].flat()) {
      const problem = value === null ? undefined : paramValueProblem(param, String(value));
      if (problem !== undefined) scope.value([...path, "default"], problem);
    }
  }
}
