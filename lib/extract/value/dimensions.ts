// Turns statistics whose values are indexed by dimensions into records: a dataset of JSON-stat 2.0, or a message
// of SDMX-JSON 1.0 or 2.0. A record has the code of each dimension under the dimension's ID, and the value. Pure.
// https://json-stat.org/full/ and https://github.com/sdmx-twg/sdmx-json
import { formatCount } from "../../report/text/format.ts";
import { isObject, own } from "./path.ts";

type Json = Record<string, unknown>;

/** A dimension and the codes of its positions. */
interface Dimension {
  readonly id: string;
  readonly codes: readonly string[];
}

/** The records of a dataset, or why it is not one. */
export function recordsOfDimensions(found: unknown): Record<string, unknown>[] | string {
  if (!isObject(found)) return "no dataset";
  return Array.isArray(found.dataSets) ? ofSdmx(found) : ofJsonStat(found);
}

function ofJsonStat({ id, size, dimension, value, status }: Json): Json[] | string {
  if (!Array.isArray(id) || !Array.isArray(size)) {
    return 'no "id" and "size" of a JSON-stat dataset';
  }
  const dimensions = id.map((name, at) => ({
    id: String(name),
    codes: codesOf(own(own(dimension, String(name)), "category"), Number(size[at])),
  }));
  const cells = dimensions.reduce((count, { codes }) => count * codes.length, 1);
  const length = Array.isArray(value) ? value.length : isObject(value) ? cells : undefined;
  if (length !== cells) {
    return `${length === 1 ? "1 value" : `${length ?? "no"} values`} for ${
      formatCount(cells, "cell")
    } of a JSON-stat dataset`;
  }
  const isSparse = !Array.isArray(value);
  const entries = Object.entries(value as object);
  return entries.flatMap(([at, cell]) => {
    const mark = typeof status === "string" ? status : (status as Json | undefined)?.[at];
    if (cell === null && (mark === undefined || mark === null)) return [];
    if (isSparse && !(Number(at) < cells)) return [];
    const codes = codesAt(Number(at), dimensions);
    return [{ ...codes, value: cell, ...mark === undefined ? {} : { status: mark } }];
  });
}

/** The codes of a category, by position: from a list, from an object of positions, or a single label. */
function codesOf(category: unknown, size: number): string[] {
  const index = own(category, "index");
  if (Array.isArray(index)) return index.map(String);
  const codes: string[] = [];
  if (isObject(index)) { for (const [code, at] of Object.entries(index)) codes[Number(at)] = code; }
  else codes.push(...Object.keys((own(category, "label") ?? {}) as object));
  return Array.from({ length: size }, (_, at) => codes[at] ?? String(at));
}

/** The code of each dimension at a position, of which the last dimension changes fastest. */
function codesAt(position: number, dimensions: readonly Dimension[]): Json {
  const codes: Json = {};
  let rest = position;
  for (const { id, codes: all } of dimensions.toReversed()) {
    codes[id] = all[rest % all.length];
    rest = Math.floor(rest / all.length);
  }
  return codes;
}

function ofSdmx({ dataSets, structure, structures }: Json): Json[] | string {
  const declared = own(structure ?? (structures as unknown[] | undefined)?.[0], "dimensions");
  const [ofSeries, ofObservation] = ["series", "observation"].map((at) =>
    dimensionsOf(declared, at)
  );
  if (ofObservation === undefined) return "no dimensions of an SDMX-JSON message";
  const records: Json[] = [];
  for (const set of dataSets as unknown[]) {
    const series = own(set, "series");
    const groups: [string, unknown][] = isObject(series) ? Object.entries(series) : [["", set]];
    for (const [key, group] of groups) {
      const observations = own(group, "observations");
      if (!isObject(observations)) continue;
      const shared = key === "" ? {} : codesOfKey(key, ofSeries ?? []);
      for (const [at, cells] of Object.entries(observations)) {
        const [value] = [cells].flat();
        records.push({ ...shared, ...codesOfKey(at, ofObservation), value });
      }
    }
  }
  return records;
}

function dimensionsOf(declared: unknown, at: string): Dimension[] | undefined {
  const list = own(declared, at);
  if (!Array.isArray(list)) return undefined;
  return list.map((dimension) => ({
    id: String(own(dimension, "id")),
    codes: ((own(dimension, "values") ?? []) as unknown[]).map((value) => String(own(value, "id"))),
  }));
}

/** The codes of a key such as `0:3:1`. */
function codesOfKey(key: string, dimensions: readonly Dimension[]): Json {
  const positions = key.split(":");
  return Object.fromEntries(
    dimensions.map(({ id, codes }, at) => [id, codes[Number(positions[at])]]),
  );
}
