// What the page does beyond showing: replaces the fragments that have changed, names the day under the pointer or
// the keyboard's cursor in a heat map, and copies commands. It makes no HTML: what it inserts, the server made.

const COLUMNS = 366;
const MARCH = 59;
/** Time after which a page that was refused connects again. */
const AGAIN_MS = 2000;
const tip = document.getElementById("tip");

/** The column and row of the cursor in each heat map, by stream. */
const cursors = new Map();

prepare(document);
follow();

/** Replaces fragments as the server sends them; a connection begins with all of them. */
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
    for (const { id, html } of changed) replace(document.getElementById(id), html);
  };
}

/** Shows how the connection is. */
function say(text) {
  const connection = document.getElementById("connection");
  if (connection !== null) connection.textContent = text;
}

/** Replaces a fragment; what was open stays open, and what had the focus keeps it. */
function replace(slot, html) {
  const next = document.createElement("template");
  next.innerHTML = html;
  if (slot.innerHTML === next.innerHTML) return;
  const find = (selector) => [...slot.querySelectorAll(selector)];
  const open = find("details").map((one) => one.open);
  const scrolled = find(".scroll, .wide").map((one) => one.scrollLeft);
  const focused = find(FOCUSABLE).indexOf(document.activeElement);
  slot.replaceChildren(next.content);
  prepare(slot);
  find("details").forEach((one, at) => one.open = open[at] ?? false);
  find(".scroll, .wide").forEach((one, at) => one.scrollLeft = scrolled[at] ?? 0);
  if (focused >= 0) find(FOCUSABLE)[focused]?.focus({ preventScroll: true });
}

const FOCUSABLE = "button, summary, [tabindex]";

/** Turns on what only a script can do: a heat map is a slider over its days, commands can be copied. */
function prepare(root) {
  for (const map of root.querySelectorAll("svg.days")) {
    map.tabIndex = 0;
    map.setAttribute("role", "slider");
    map.setAttribute("aria-label", `Days of ${map.dataset.stream}`);
    map.setAttribute("aria-valuemin", "0");
    map.setAttribute("aria-valuemax", String(COLUMNS * map.dataset.years - 1));
    map.setAttribute("aria-valuenow", "0");
    map.setAttribute("aria-valuetext", "Arrow keys choose a day");
  }
  for (const button of root.querySelectorAll(".copy")) button.hidden = false;
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
addEventListener("scroll", hideTip, true);

addEventListener("keydown", (event) => {
  const map = event.target.closest?.("svg.days");
  if (event.key === "Escape") hideTip();
  if (map === null || map === undefined) return;
  const last = map.dataset.years - 1;
  const [row, column] = cursors.get(map.dataset.stream) ?? [last, 0];
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
    Math.min(COLUMNS * (last + 1) - 1, (row + rows) * COLUMNS + column + columns),
  );
  show(map, Math.floor(at / COLUMNS), at % COLUMNS, Math.sign(columns) || 1);
});

/** Shows the numbers of a day; a column that the year does not have is stepped over. */
function show(map, row, column, step = 1) {
  const day = dayAt(Number(map.dataset.firstYear) + row, column);
  if (day === undefined) return show(map, row, column + step, step);
  const stream = map.dataset.stream;
  const [shownRow, shownColumn] = cursors.get(stream) ?? [];
  if (row === shownRow && column === shownColumn && !tip.hidden) return;
  cursors.set(stream, [row, column]);
  map.setAttribute("aria-valuenow", String(row * COLUMNS + column));
  mark(map, row, column);
  describe(map, stream, day, row, column);
}

async function describe(map, stream, day, row, column) {
  const response = await fetch(`day?${new URLSearchParams({ stream, day })}`).catch(() =>
    undefined
  );
  if (response === undefined) return hideTip();
  const [nowRow, nowColumn] = cursors.get(stream);
  if (!response.ok || nowRow !== row || nowColumn !== column) return;
  const text = await response.text();
  map.setAttribute("aria-valuetext", text);
  const box = map.getBoundingClientRect();
  tip.textContent = text;
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
