// The texts that our modules show, in the user's language: the page carries them, see macros/shell.html.

let known;

/** The text of this name with its {holes} filled; the name itself where the page has none. */
export function text(name, holes = {}) {
  known ??= JSON.parse(document.getElementById("texts")?.dataset.texts ?? "{}");
  return Object.entries(holes).reduce((said, [hole, value]) => said.replace(`{${hole}}`, value), known[name] ?? name);
}
