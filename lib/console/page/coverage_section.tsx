// The heat maps of all streams with their legend. Each stream is a separate fragment, so that a run sends the
// browser only those that have changed.
import type { FC } from "hono/jsx";

/** What the colors mean. */
export const Legend: FC = () => (
  <ul class="legend" aria-label="Colors of days">
    <li class="scale">
      done, few records <i class="level1" />
      <i class="level2" />
      <i class="level3" />
      <i class="level4" /> many
    </li>
    {[
      ["empty", "done, no record"],
      ["missing", "missing"],
      ["failed", "failed"],
      ["unsettled", "may still change"],
      ["rejected", "with rejected rows"],
    ].map(([name, text]) => (
      <li>
        <i class={name!} /> {text}
      </li>
    ))}
  </ul>
);
