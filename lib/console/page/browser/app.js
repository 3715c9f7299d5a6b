// What the page does beyond showing: updates the fragments that have changed, names the day under the pointer or
// the keyboard's cursor in a heat map, and copies commands. It makes no HTML: what it inserts, the server made.
import { morph } from "./morph.js";

const COLUMNS = 366;
const MARCH = 59;
/** Time after which a page that was refused connects again. */
const AGAIN_MS = 2000;
const tip = document.getElementById("tip");

/** The cursor of each heat map by stream: its year and column, and what is known of that day. */
const cursors = new Map();
/** The stream whose cursor is visible. */
let shown;

prepare(document);
follow();

/** Updates fragments as the server sends them; a connection begins with all of them. */
function follow() {
  const events = new EventSource("events");
  let isFirst = true;
  events.onopen = () => say("");
  events.onerror = () => {
    say("not connected");
    isFirst = true;
    // The browser itself connects again, but not after a response such as that of a proxy without its server.
    if (events.readyState === EventSource.CLOSED) setTimeout(follow, AGAIN_MS);
  };
  events.onmessage = ({ data }) => {
    const { asOf, changed, problem } = JSON.parse(data);
    say(problem ?? "");
    if (problem !== undefined) return;
    // A server that was started again may show other streams, and this may be the page of an error.
    const slots = document.querySelectorAll(".slot").length;
    const isOther = isFirst && changed.length !== slots;
    if (isOther || changed.some(({ id }) => document.getElementById(id) === null)) {
      events.close();
      return location.reload();
    }
    isFirst = false;
    document.getElementById("as-of").textContent = asOf;
    for (const { id, html } of changed) update(document.getElementById(id), html);
    const map = mapOf(shown);
    if (changed.length > 0 && map !== undefined) point(map);
  };
}

/** Shows how the connection is; the same text again would be announced again. */
function say(text) {
  const connection = document.getElementById("connection");
  if (connection !== null && connection.textContent !== text) connection.textContent = text;
}

/** Updates a fragment while someone is using it. */
function update(slot, html) {
  const next = document.createElement("template");
  next.innerHTML = html;
  prepare(next.content);
  const focused = document.activeElement;
  morph(slot, next.content);
  if (focused !== document.activeElement && slot.contains(focused)) {
    focused.focus({ preventScroll: true });
  }
}

/** Turns on what only a script can do: a heat map is a slider over its days, commands can be copied. */
function prepare(root) {
  for (const map of root.querySelectorAll("svg.days")) {
    const { year, column, text } = cursorOf(map);
    map.setAttribute("tabindex", "0");
    map.setAttribute("role", "slider");
    map.setAttribute("aria-label", `Days of ${map.dataset.stream}`);
    map.setAttribute("aria-valuemin", "0");
    map.setAttribute("aria-valuemax", String(COLUMNS * map.dataset.years - 1));
    map.setAttribute("aria-valuenow", String(rowOf(map, year) * COLUMNS + column));
    map.setAttribute("aria-valuetext", text);
  }
  for (const button of root.querySelectorAll(".copy")) button.hidden = false;
}

/** The heat map of a stream. */
function mapOf(stream) {
  return [...document.querySelectorAll("svg.days")].find((map) => map.dataset.stream === stream);
}

/** The cursor of a heat map; at first it is in the last year. */
function cursorOf({ dataset: { stream, firstYear, years } }) {
  const year = Number(firstYear) + Number(years) - 1;
  return cursors.get(stream) ?? { year, column: 0, text: "Arrow keys choose a day" };
}

/** The row of a year. */
function rowOf({ dataset: { firstYear, years } }, year) {
  return Math.max(0, Math.min(years - 1, year - firstYear));
}

addEventListener("click", async ({ target }) => {
  const button = target.closest?.(".copy");
  if (button === null || button === undefined) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  button.textContent = "Copied";
  setTimeout(() => button.textContent = "Copy", 1500);
});

addEventListener("pointermove", ({ target, clientX, clientY }) => {
  const map = target.closest?.("svg.days");
  if (map === null || map === undefined) return hideTip();
  const box = map.getBoundingClientRect();
  const column = Math.floor(COLUMNS * (clientX - box.left) / box.width);
  const row = Math.floor(map.dataset.years * (clientY - box.top) / box.height);
  show(map, row, column);
});
addEventListener("focusout", hideTip);
// The tip moves with the page, but not with what scrolls in it.
addEventListener("scroll", ({ target }) => target !== document && hideTip(), true);

addEventListener("keydown", (event) => {
  const map = event.target.closest?.("svg.days");
  if (event.key === "Escape") hideTip();
  if (map === null || map === undefined) return;
  const last = map.dataset.years - 1;
  const { year, column } = cursorOf(map);
  const [rows, columns] = {
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    PageUp: [0, -30],
    PageDown: [0, 30],
    Home: [0, -column],
    End: [0, COLUMNS - 1 - column],
  }[event.key] ?? [0, 0];
  if (rows === 0 && columns === 0) return;
  event.preventDefault();
  const at = Math.max(
    0,
    Math.min(COLUMNS * (last + 1) - 1, (rowOf(map, year) + rows) * COLUMNS + column + columns),
  );
  show(map, Math.floor(at / COLUMNS), at % COLUMNS, Math.sign(columns) || 1);
});

/** Moves the cursor to a day; a column that the year does not have is stepped over. */
function show(map, row, column, step = 1) {
  const year = Number(map.dataset.firstYear) + row;
  if (dayAt(year, column) === undefined) return show(map, row, column + step, step);
  const stream = map.dataset.stream;
  const before = cursorOf(map);
  if (before.year === year && before.column === column && shown === stream) return;
  cursors.set(stream, { ...before, year, column });
  shown = stream;
  map.setAttribute("aria-valuenow", String(row * COLUMNS + column));
  point(map);
}

/** Draws the cursor of a heat map, and shows the numbers of its day. */
async function point(map) {
  const stream = map.dataset.stream;
  const at = cursors.get(stream);
  const row = rowOf(map, at.year);
  mark(map, row, at.column);
  const query = new URLSearchParams({ stream, day: dayAt(at.year, at.column) });
  const response = await fetch(`day?${query}`).catch(() => undefined);
  if (response === undefined) return hideTip();
  if (!response.ok) return;
  const text = await response.text();
  const now = cursors.get(stream);
  if (now.year !== at.year || now.column !== at.column || shown !== stream) return;
  now.text = text;
  if (map.getAttribute("aria-valuetext") !== text) map.setAttribute("aria-valuetext", text);
  place(map, row, at.column, text);
}

/** Shows a text below a day. */
function place(map, row, column, text) {
  const box = map.getBoundingClientRect();
  if (tip.textContent !== text) tip.textContent = text;
  tip.hidden = false;
  const left = box.left + box.width * column / COLUMNS;
  const top = box.top + box.height * (row + 1) / map.dataset.years + 6;
  tip.style.left = `${Math.max(8, Math.min(left, innerWidth - tip.offsetWidth - 8)) + scrollX}px`;
  tip.style.top = `${top + scrollY}px`;
}

function mark(map, row, column) {
  document.querySelector(".cursor")?.remove();
  const cursor = document.createElementNS("http://www.w3.org/2000/svg", "path");
  cursor.setAttribute("class", "cursor");
  cursor.setAttribute("d", `M${column} ${row}h1`);
  map.append(cursor);
}

function hideTip() {
  shown = undefined;
  tip.hidden = true;
  document.querySelector(".cursor")?.remove();
}

/** Days since 1970-01-01 of a column; undefined for 29 February of a common year. */
function dayAt(year, column) {
  const start = newYear(year);
  if (newYear(year + 1) - start === COLUMNS || column < MARCH) return start + column;
  return column === MARCH ? undefined : start + column - 1;
}

function newYear(year) {
  return new Date(0).setUTCFullYear(year, 0, 1) / 86_400_000;
}
