// Reads lists of links, as FHIR, HAL, STAC, OGC and Atom write them: `[{ rel: next, href: ... }]`, in which the
// position of a link has no meaning. Pure.
import { isObject } from "../../extract/value/path.ts";

const RELATIONS = ["rel", "relation", "@rel"];
const TARGETS = ["href", "url", "uri", "@href"];

/**
 * The URL of the next page in a list of links, or in a link that is alone; null if they lead elsewhere, undefined if the
 * value is not a list of links.
 */
export function nextInLinks(value: unknown): unknown {
  const links = Array.isArray(value) ? value : [value];
  if (!links.some((link) => relationOf(link) !== undefined)) {
    return Array.isArray(value) && value.length === 0 ? null : undefined;
  }
  const next = links.find((link) => relationOf(link) === "next");
  return next === undefined ? null : targetOf(next);
}

function relationOf(link: unknown): unknown {
  if (!isObject(link)) return undefined;
  return RELATIONS.map((name) => link[name]).find((relation) => typeof relation === "string");
}

function targetOf(link: unknown): unknown {
  if (!isObject(link)) return undefined;
  return TARGETS.map((name) => link[name]).find((target) => typeof target === "string");
}
