// Panels that a summary opens: Escape, a click beside them or another panel closes them. Knows no content.

const opened = () => [...document.querySelectorAll("details[data-popover][open]")];

function onPress(event) {
  // A list of suggestions hangs at the end of the page, though it belongs to a control of the panel.
  if (event.target.closest?.(".ts-dropdown, dialog")) return;
  opened().filter((panel) => !panel.contains(event.target)).forEach((panel) => { panel.open = false; });
}

function onKey(event) {
  if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
  for (const panel of opened()) {
    panel.open = false;
    panel.querySelector("summary")?.focus();
  }
}

export function start() {
  document.addEventListener("pointerdown", onPress);
  document.addEventListener("keydown", onKey);
}
