// Owns the values of a YAML file as the rest of lib/config sees them: each with its place, without
// anything of the package that read it. Types only.
import type { Place } from "./problem.ts";

/** A value of a YAML file with its place; shared where an alias is used. */
export type YamlNode = YamlMap | YamlList | YamlScalar;

/** What every value of a tree has. */
export interface Sized {
  /** Where it stands. */
  readonly place: Place;
  /** Nodes in it, itself included, aliases expanded. */
  readonly size: number;
  /** Levels of maps and lists in it. */
  readonly depth: number;
}

/** A map: its entries in order, none twice. */
export interface YamlMap extends Sized {
  /** Tells the kinds of nodes apart. */
  readonly kind: "map";
  /** Entries by key. */
  readonly entries: ReadonlyMap<string, YamlEntry>;
}

/** A key with its place, and what it holds. */
export interface YamlEntry {
  /** Where the key stands. */
  readonly key: Place;
  /** What it holds. */
  readonly node: YamlNode;
}

/** A list. */
export interface YamlList extends Sized {
  /** Tells the kinds of nodes apart. */
  readonly kind: "list";
  /** Items in order. */
  readonly items: readonly YamlNode[];
}

/** A text, number, boolean or null. */
export interface YamlScalar extends Sized {
  /** Tells the kinds of nodes apart. */
  readonly kind: "scalar";
  /** The value; whole numbers that a number cannot hold are texts. */
  readonly value: string | number | boolean | null;
}
