// Formats what `init` wrote: the stream, tables, dates and paging of the job, which of them are guesses, and the
// next command. Pure.
import { quoted } from "../own_commands.ts";
import { formatCount, oneLine } from "../../report/text/format.ts";
import type { JobDraft } from "../../init/job_draft.ts";
import { withVariables } from "../../init/request_draft.ts";

/** What was written, what is a guess, and the next command. */
export function lines(file: string, draft: JobDraft): string[] {
  const { tables, stream, window, paging, auth, path, params, limits } = draft;
  const names = tables.map(({ name, key, columns }) =>
    `${name} (${formatCount(columns.length, "column")}, key ${key.join(", ")})`
  );
  const places = JSON.stringify(auth ?? {}) + withVariables(JSON.stringify([path, draft.body]));
  const secrets = [...places.matchAll(/(?<!\$)\$\{(\w+)\}/g)].map(([, name]) => name);
  const flags = Object.keys(params).map((name) => ` --${name.replaceAll("_", "-")} ...`).join("");
  const length = typeof window === "string" ? window : `up to ${window?.max}`;
  const guesses = Object.values(draft.guesses).map((guess) => `  guess   ${guess}`);
  const notes = draft.notes.map((note) => `  note    ${note}`);
  return [
    `wrote ${file}: stream ${stream}, tables ${names.join("; ")}`,
    `  dates   ${
      window === undefined ? "none: everything is requested at once" : `windows of ${length}`
    }`,
    `  paging  ${
      paging === undefined
        ? "none declared; probe shows whether a response is complete"
        : `by ${paging.by}`
    }`,
    ...limits.length === 0 ? [] : [`  limits  ${limits.join(", ")}`],
    ...tables[0]!.columns.some(({ value }) => value === ".")
      ? ["  records unknown; probe shows what they contain"]
      : [],
    ...guesses,
    ...notes,
    ...secrets.length === 0
      ? []
      : [`  set     ${[...new Set(secrets)].join(" and ")} in .env.local`],
  ].map(oneLine).concat(`next   deno task probe ${quoted(file)}${flags}`);
}
