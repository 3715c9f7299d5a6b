// Owns the types of parseArgs: from the declared names to the returned record.
// It has no runtime code. Flags with dots in their names are typed as unknown.

/**
 * What `boolean` may hold.
 *
 * @internal
 */
export type BooleanType = boolean | string | undefined;
/**
 * What `string` may hold.
 *
 * @internal
 */
export type StringType = string | undefined;
/**
 * What `collect` may hold.
 *
 * @internal
 */
export type Collectable = string | undefined;
/**
 * What `negatable` may hold.
 *
 * @internal
 */
export type Negatable = string | undefined;
/**
 * Aliases by name.
 *
 * @internal
 */
export type Aliases<TArgNames = string, TAliasNames extends string = string> = Partial<
  Record<Extract<TArgNames, string>, TAliasNames | ReadonlyArray<TAliasNames>>
>;

/**
 * An intersection written as one record.
 *
 * @internal
 */
export type Flat<T> = T extends Record<string, unknown> ? { [K in keyof T]: T[K] } : T;
type Names<T> = Extract<T, string>;
type OrFalse<TName, TNegatable, TValue> = TName extends TNegatable ? TValue | false
  : TValue;

type Flags<
  TBooleans extends BooleanType,
  TStrings extends StringType,
  TCollectable extends Collectable,
  TNegatable extends Negatable,
> =
  & {
    [K in Exclude<Names<TStrings>, TCollectable>]?: OrFalse<
      K,
      TNegatable,
      string
    >;
  }
  & {
    [K in Extract<Names<TStrings>, TCollectable>]: OrFalse<
      K,
      TNegatable,
      string[]
    >;
  }
  & { [K in Exclude<Names<TBooleans>, TCollectable>]: boolean }
  & { [K in Extract<Names<TBooleans>, TCollectable>]: boolean[] }
  & {
    [K in Exclude<Names<TCollectable>, TStrings | TBooleans>]: OrFalse<
      K,
      TNegatable,
      unknown[]
    >;
  };

type WithDefaults<TFlags, TDefaults> = undefined extends TDefaults ? TFlags
  :
    & Omit<TFlags, keyof TDefaults>
    & {
      [K in keyof TDefaults]: K extends keyof TFlags ? TDefaults[K] | NonNullable<TFlags[K]>
        : unknown;
    };

type WithAliases<TFlags, TAliases> = {
  [K in keyof TFlags as K | AliasesOf<K, TAliases>]: TFlags[K];
};

type AliasesOf<TName, TAliases> = TName extends keyof TAliases
  ? string extends TAliases[TName] ? never
  : TAliases[TName] extends string ? TAliases[TName]
  : TAliases[TName] extends ReadonlyArray<string> ? TAliases[TName][number]
  : never
  : never;

type IsDeclared<T> = undefined extends T ? false
  : false extends T ? false
  : true;

/**
 * The flags with their types; anything goes while none is declared boolean, string or collected.
 *
 * @internal
 */
export type Values<
  TBooleans extends BooleanType,
  TStrings extends StringType,
  TCollectable extends Collectable,
  TNegatable extends Negatable,
  TDefaults extends Record<string, unknown> | undefined,
  TAliases extends Aliases | undefined,
> = true extends IsDeclared<TBooleans> | IsDeclared<TStrings> | IsDeclared<TCollectable> ?
    & Record<string, unknown>
    & WithAliases<
      WithDefaults<
        Flags<TBooleans, TStrings, TCollectable, TNegatable>,
        TDefaults
      >,
      TAliases
    >
  // deno-lint-ignore no-explicit-any
  : Record<string, any>;

/**
 * The key that the option `--` adds.
 *
 * @internal
 */
export type DoubleDash = {
  /** What stood after `--`. */
  "--"?: Array<string>;
};
