// Searching within a page: what a field with `data-finder` holds hides all `[data-found]` that have not all of its words.

const parts = (field) => document.querySelector(field.dataset.finder);

/** Whether a text has every word of a search, capitals alike. */
export function fits(said, sought) {
  const low = said.toLowerCase();
  return sought.toLowerCase().split(/\s+/).every((word) => low.includes(word));
}

function onInput(event) {
  const field = event.target;
  if (!field.matches?.("[data-finder]")) return;
  const body = parts(field);
  let shown = 0;
  for (const entry of body.querySelectorAll("[data-found]")) {
    entry.hidden = !fits(entry.textContent, field.value.trim());
    shown += entry.hidden ? 0 : 1;
  }
  for (const group of body.querySelectorAll("[data-group]")) {
    group.hidden = field.value.trim() !== "" && !group.querySelector("[data-found]:not([hidden])");
  }
  const none = body.querySelector("[data-finder-none]");
  if (none) none.hidden = shown > 0;
}

export function start() {
  document.addEventListener("input", onInput);
}
