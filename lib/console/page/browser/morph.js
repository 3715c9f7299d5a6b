// Turns a part of the page into its next version in place: only what differs is changed, so that focus, selection,
// scrolling and what is open stay as they are for whoever is using it. Invariant: afterwards the part is equal to
// the next version, except for attributes that belong to the reader.

/** What the reader changes, and the server never sends. */
const OF_READER = new Set(["open"]);

/** Makes the content and the attributes of `old` those of `next`, which is used up. */
export function morph(old, next) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== next.data) old.data = next.data;
    return;
  }
  if (old.nodeType === Node.ELEMENT_NODE && next.nodeType === Node.ELEMENT_NODE) {
    morphAttributes(old, next);
  }
  morphChildren(old, next);
}

function morphAttributes(old, next) {
  for (const { name, value } of next.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (!next.hasAttribute(name) && !OF_READER.has(name)) old.removeAttribute(name);
  }
}

function morphChildren(old, next) {
  const keys = new Set([...next.childNodes].map(keyOf));
  for (const child of [...old.childNodes]) if (!keys.has(keyOf(child))) child.remove();
  let at = old.firstChild;
  for (const child of [...next.childNodes]) {
    let same = at;
    while (same !== null && !isSame(same, child)) same = same.nextSibling;
    if (same === null) {
      old.insertBefore(child, at);
      continue;
    }
    // Elements without a key are never moved: what stands before the one that continues is gone.
    if (keyOf(child) === "") { while (at !== same) at = removed(at); }
    if (same === at) at = at.nextSibling;
    else old.insertBefore(same, at);
    morph(same, child);
  }
  while (at !== null) at = removed(at);
}

/** Removes a node; returns the one after it. */
function removed(node) {
  const after = node.nextSibling;
  node.remove();
  return after;
}

/** What identifies an element among its siblings; empty for most. */
function keyOf(node) {
  return node.dataset?.key ?? "";
}

function isSame(a, b) {
  return a.nodeName === b.nodeName && keyOf(a) === keyOf(b);
}
