// Owns the frame of the page's sections. A section shows one aspect of the state, and nothing where there is
// nothing to show; the list of sections in page.tsx is their order.
import type { Child, FC } from "hono/jsx";
import type { ConsoleState } from "../state/console_state.ts";

/** What sections take in addition to the state. */
export interface View {
  /** The state. */
  readonly state: ConsoleState;
  /** A command in the form in which Hindcast was started. */
  readonly command: (text: string) => string;
  /** The token of forms that change something; undefined if the page is read-only. */
  readonly token: string | undefined;
}

/** A section of the page. */
export interface Section {
  /** Id of its element. */
  readonly id: string;
  /** Its content; null where there is nothing to show. */
  readonly render: (view: View) => Child;
}

/** A section with its heading. */
export const Titled: FC<{ title: string; note?: string | undefined; children?: Child }> = (
  { title, note, children },
) => (
  <section>
    <h2>
      {title}
      {note === undefined ? null : <small>{note}</small>}
    </h2>
    {children}
  </section>
);

/** A command with a button that copies it; the button appears where there is a script. */
export const Command: FC<{ text: string }> = ({ text }) => (
  <span class="command">
    <code>{text}</code>
    <button type="button" class="copy" hidden data-copy={text} aria-label={`Copy: ${text}`}>
      Copy
    </button>
  </span>
);

/** A table of texts; the first column names its row, the others are numbers unless `texts` counts them. */
export const Table: FC<{
  head: readonly string[];
  rows: readonly (readonly Child[])[];
  /** Columns of text, from the left. */
  texts: number;
  /** What the rows are. */
  label: string;
}> = ({ head, rows, texts, label }) => (
  <div class="wide" tabindex={0} role="region" aria-label={label}>
    <table>
      <thead>
        <tr>{head.map((name, at) => <th scope="col" class={at < texts ? "" : "n"}>{name}</th>)}</tr>
      </thead>
      <tbody>
        {rows.map((cells) => (
          <tr>
            {cells.map((cell, at) =>
              at === 0 ? <th scope="row">{cell}</th> : <td class={at < texts ? "" : "n"}>{cell}</td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);
