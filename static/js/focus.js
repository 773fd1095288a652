// Keeps the keyboard where it was when a fragment is replaced, and says in words what came of it. htmx itself gives the
// focus back to elements with an id only. Knows `data-live`: a fragment that is told of; `data-announce`: what is told.

const told = () => document.getElementById("said");
let left = null;          // what had the focus when a swap began: the fragment's id, and what to know the element by

const words = (element) => (element.getAttribute("aria-label") ?? element.textContent).trim();

function same(before, element) {
  if (before.rel || before.name) return element.getAttribute("rel") === before.rel && element.getAttribute("name") === before.name;
  return words(element) === before.words;
}

function onBefore(event) {
  const element = document.activeElement;
  const target = (event.detail.tasks ?? []).map((task) => task.target).find((one) => one?.contains?.(element));
  left = !target || element === document.body ? null : {
    id: target.id, tag: element.tagName, words: words(element), rel: element.getAttribute("rel"), name: element.getAttribute("name"),
  };
}

function restore(before) {
  const fragment = document.getElementById(before.id);
  if (!fragment || (document.activeElement && document.activeElement !== document.body)) return;
  const again = [...fragment.querySelectorAll(before.tag)].find((one) => same(before, one) && one.offsetParent);
  if (!again) fragment.tabIndex = -1;
  (again ?? fragment).focus({ preventScroll: Boolean(again) });
}

/** Says a text to whoever listens instead of looking. */
export function say(text) {
  const place = told();
  if (!place || !text) return;
  place.textContent = "";
  setTimeout(() => (place.textContent = text), 60);      // a change is told; the same text again is none
}

function onAfter(event) {
  const before = left;
  left = null;
  if (before?.id) restore(before);
  const id = event.detail.ctx?.target?.id;
  const drawn = id ? document.getElementById(id) : null;
  const live = drawn?.matches("[data-live], main") ? drawn : null;
  if (live) say([...live.querySelectorAll("[data-announce]")].map((one) => one.textContent.trim()).join(" "));
}

export function start() {
  document.addEventListener("htmx:before:swap", onBefore);
  document.addEventListener("htmx:after:swap", onAfter);
}
