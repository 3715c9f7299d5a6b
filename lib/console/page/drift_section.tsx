// How the fields of responses changed: since when, an example, and what to do about it; for a new field the lines
// to add to the job.
import type { FC } from "hono/jsx";
import { changeAdvice, changeText, columnOf } from "../../probe/drift.ts";
import { formatCount } from "../../report/text/format.ts";
import type { ChangedField } from "../../upsert/field_table.ts";
import { Command, type Section, Titled, type View } from "./section.tsx";

/** Fields shown; `errors` lists all. */
const SHOWN = 20;

/** How a field changed. */
const KINDS = { new: "new", missing: "missing", type: "another type" };

/** The fields that changed. */
export const driftSection: Section = {
  id: "drift",
  render: ({ state: { drift }, command }: View) => {
    const more = drift.length - SHOWN;
    return drift.length === 0
      ? null
      : (
        <Titled title="Changed responses" note={formatCount(drift.length, "field")}>
          <ul class="entries">
            {drift.slice(0, SHOWN).map((changed) => <Change {...changed} command={command} />)}
          </ul>
          <p class="quiet">
            {more > 0 ? `And ${formatCount(more, "field")} more. ` : ""}
            Accept the changes: <Command text={command("deno task errors --clear")} />
          </p>
        </Titled>
      );
  },
};

const Change: FC<ChangedField & Pick<View, "command">> = ({ stream, field, command }) => (
  <li class="change" data-key={`${stream} ${field.path}`}>
    <p>
      <strong>{KINDS[field.change!]}</strong> <b>{stream}</b> <code>{field.path}</code>{" "}
      {field.changedAt === null ? null : (
        <time class="quiet" datetime={field.changedAt}>
          {field.changedAt.slice(0, 16).replace("T", " ")} UTC
        </time>
      )}
    </p>
    <p class="reason">{sentence(changeText(field))}</p>
    {field.change === "new"
      ? <Addition field={field} />
      : <p class="quiet">{sentence(command(changeAdvice(field)))}</p>}
  </li>
);

/** The lines of the job that would take a new field. */
const Addition: FC<Pick<ChangedField, "field">> = ({ field }) => {
  const { column, type } = columnOf(field);
  return (
    <div class="act">
      <span class="quiet">Add to the columns of the table:</span>
      <Command text={`${column}: ${type}`} />
      <span class="quiet">Add to the columns of "rows":</span>
      <Command text={`${column}: ${field.path}`} />
    </div>
  );
};

function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}
