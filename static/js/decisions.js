// Keys of a decision, on its page or in its panel: each presses the button that names it, C leads to the comment. Knows no verb.

import { offer, seen } from "./shortcuts.js";

const TYPING = "input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable], .ts-wrapper, details[data-popover][open]";
const within = (selector) => document.querySelector(`.fw-decide ${selector}`);

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || document.querySelector("dialog[open]")) return;
  if (event.target.closest?.(TYPING)) return;
  const key = event.key.toUpperCase();
  const found = key === "C" ? within("textarea[name=_comment]") : key.length === 1 && within(`[data-key="${CSS.escape(key)}"]`);
  if (!found) return;
  event.preventDefault();
  if (key === "C") found.focus();
  else found.click();
}

export function start() {
  offer(2, "A", "key_approve", () => seen('.fw-decide [data-key="A"]'));
  offer(2, "R", "key_reject", () => seen('.fw-decide [data-key="R"]'));
  offer(2, "C", "key_opinion", () => seen(".fw-decide textarea[name=_comment]"));
  document.addEventListener("keydown", onKey);
}
