// Owns the nodes of a YAML tree as the rest of lib/config sees them: each with its place, independent of
// the YAML package. Types only.
import type { Place } from "./problem.ts";

/** A value of a YAML file with its place; an alias shares the node of its anchor. */
export type YamlNode = YamlMap | YamlList | YamlScalar;

/** The properties of every node. */
export interface Sized {
  /** Its place in the file. */
  readonly place: Place;
  /** Number of nodes in it, including itself, with aliases expanded. */
  readonly size: number;
  /** Levels of mappings and lists in it. */
  readonly depth: number;
}

/** A mapping: its entries in order, without duplicates. */
export interface YamlMap extends Sized {
  /** Discriminates the kinds of nodes. */
  readonly kind: "map";
  /** Entries by key. */
  readonly entries: ReadonlyMap<string, YamlEntry>;
}

/** A key with its place, and its value. */
export interface YamlEntry {
  /** Place of the key. */
  readonly key: Place;
  /** Value of the key. */
  readonly node: YamlNode;
}

/** A list. */
export interface YamlList extends Sized {
  /** Discriminates the kinds of nodes. */
  readonly kind: "list";
  /** Items in order. */
  readonly items: readonly YamlNode[];
}

/** A string, number, boolean or null. */
export interface YamlScalar extends Sized {
  /** Discriminates the kinds of nodes. */
  readonly kind: "scalar";
  /** The value; integers beyond the safe range are strings. */
  readonly value: string | number | boolean | null;
}
