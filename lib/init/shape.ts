// Owns the shape of answers as `init` sees it, whether it was read from a schema or learnt from a sample:
// objects, lists, keyed objects and scalars with the type of column they would be. Pure values.
import type { ColumnType } from "../config/schema/job_schema.ts";
import { stepTo } from "../extract/value/path.ts";

/** The shape of a value. */
export type Shape =
  | ScalarShape
  | ObjectShape
  | { readonly kind: "list"; readonly of: Shape }
  | MapShape
  /** Anything at all. */
  | { readonly kind: "any" };

/** A text, number or boolean. */
export interface ScalarShape {
  /** Tells shapes apart. */
  readonly kind: "scalar";
  /** The column it would be. */
  readonly type: ColumnType;
  /** How it is written, where that has to be said. */
  readonly format?: "epoch" | "epoch_ms";
}

/** An object of named members. */
export interface ObjectShape {
  /** Tells shapes apart. */
  readonly kind: "object";
  /** The members, in order. */
  readonly members: ReadonlyMap<string, Shape>;
}

/** An object whose keys are data. */
export interface MapShape {
  /** Tells shapes apart. */
  readonly kind: "map";
  /** What its members are. */
  readonly of: Shape;
  /** What its keys are, where that is known. */
  readonly keys?: "date";
}

/** A shape with the path that leads to it. */
export interface PlacedShape {
  /** Path from the top, as a job file has it. */
  readonly path: string;
  /** Its own name, empty for the top. */
  readonly name: string;
  /** What is there. */
  readonly shape: Shape;
}

/** A value of which nothing is known. */
export const ANY: Shape = { kind: "any" };

/** All that is in a shape but for what is in lists and keyed objects, the outer before the inner. */
export function placesOf(shape: Shape, deepest = 4): PlacedShape[] {
  const places: PlacedShape[] = [];
  let level: PlacedShape[] = [{ path: "", name: "", shape }];
  for (let depth = 0; depth <= deepest && level.length > 0; depth++) {
    places.push(...level);
    level = level.flatMap(({ path, shape }) =>
      shape.kind !== "object" ? [] : [...shape.members].map(([name, member]) => ({
        path: stepTo(path, name),
        name,
        shape: member,
      }))
    );
  }
  return places;
}
