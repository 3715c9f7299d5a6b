// Writes the comments of a draft: which of its keys are guesses, and what the user should know about it. Pure.

/** What is a guess, by the key of the stream that it concerns. */
export function guessesOf(
  { guesses }: { readonly guesses: readonly string[] },
  maxRecords: number | undefined,
): Record<string, string> {
  return {
    ...guesses.length === 0
      ? {}
      : { paging: `${guesses.join("; ")}; probe shows whether it is right` },
    ...maxRecords === undefined ? {} : {
      max_records:
        `A response of ${maxRecords} records may be cut off, and fails; declare "paging" if the API has pages`,
    },
  };
}

/** What the user should know about the whole draft. */
export function notesOf({ signs, start, unresolved = [] }: {
  readonly signs: readonly string[];
  readonly start: string | undefined;
  readonly unresolved?: readonly string[];
}): string[] {
  return [
    ...signs.length === 0 ? [] : [
      `The API shows signs of paging, but not how pages follow: ${
        signs.slice(0, 8).join(", ")
      }; declare "paging"`,
    ],
    ...start === undefined ? [] : [
      `The API accepts a start (${start}) but no end, so there are no windows: everything since then is fetched at ` +
      "once, and again after `refresh`",
    ],
    ...unresolved.length === 0 ? [] : [
      `Unresolved references of the document, whose fields are missing: ${
        unresolved.slice(0, 8).join(", ")
      }`,
    ],
  ];
}
