// The texts that our modules show, in the user's language: a file beside the page brings them, see engine/runtime/web/words.py.

/** The text of this name with its {holes} filled; the name itself where the page has none. */
export function text(name, holes = {}) {
  return Object.entries(holes).reduce((said, [hole, value]) => said.replace(`{${hole}}`, value), globalThis.words?.[name] ?? name);
}
