// Owns the shape of responses, whether it was read from a schema or inferred from a sample: objects, arrays, keyed
// objects and scalars with the column type they would have. Pure values.
import type { ColumnType } from "../config/schema/job_schema.ts";
import { stepTo } from "../extract/value/path.ts";

/** The shape of a value. */
export type Shape =
  | ScalarShape
  | ObjectShape
  | ListShape
  | MapShape
  /** A value of unknown type, or null in the whole sample. */
  | { readonly kind: "any" };

/** A string, number or boolean. */
export interface ScalarShape {
  /** Discriminates shapes. */
  readonly kind: "scalar";
  /** Type of the column it would be. */
  readonly type: ColumnType;
  /** How it is written, where a job has to declare that. */
  readonly format?: string;
  /** Decimal separator of a number in a string, if it is not a point. */
  readonly decimal?: ",";
  /** Its description in the document. */
  readonly about?: string;
}

/** An object of named members. */
export interface ObjectShape {
  /** Discriminates shapes. */
  readonly kind: "object";
  /** The members, in order. */
  readonly members: ReadonlyMap<string, Shape>;
}

/** An array. */
export interface ListShape {
  /** Discriminates shapes. */
  readonly kind: "list";
  /** Shape of its elements. */
  readonly of: Shape;
  /** Whether the API writes a list of one as the element itself, as XML does. */
  readonly isWrapped?: true;
}

/** An object whose keys are data. */
export interface MapShape {
  /** Discriminates shapes. */
  readonly kind: "map";
  /** Shape of its members. */
  readonly of: Shape;
  /** Type of its keys, where they are dates. */
  readonly keys?: "date";
}

/** A shape with its path. */
export interface PlacedShape {
  /** Path from the top, as a job declares it. */
  readonly path: string;
  /** Its own name, empty for the top. */
  readonly name: string;
  /** Shape at the path. */
  readonly shape: Shape;
}

/** A value of unknown type. */
export const ANY: Shape = { kind: "any" };

/** All places in a shape, except inside arrays and keyed objects; outer places before inner ones. */
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
