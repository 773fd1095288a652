// The YAML editor of the builder: files, completion from the schema, problems from the server as one types.

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import { parseDocument } from "yaml";
import { declared, suggest } from "../static/js/completions.js";
import { place } from "../static/js/outlines.js";
import { get, post } from "../static/js/requests.js";
import { text } from "../static/js/texts.js";

const CHECK_DELAY = 500;

// What is said of a problem: in the reader's language first, then the checker's exact words.
const words = ({ message, detail, hint, repair }) => [message, detail, hint, repair].filter(Boolean);

class Editor {
  constructor(root) {
    this.root = root;
    this.files = new Map(JSON.parse(root.dataset.files).map((file) => [file.path, { saved: file.text, text: file.text, state: null }]));
    this.problems = [];
    this.schema = null;
    this.round = 0;
    this.build();
    if (root.dataset.schema) get(root.dataset.schema).then((schema) => { this.schema = schema; }).catch(() => {});
    this.open([...this.files.keys()][0]);
    this.check();
  }

  build() {
    this.root.classList.add("fw-editor");
    const part = (name, tag = "div") => {
      const made = document.createElement(tag);
      made.className = `fw-editor-${name}`;
      this.root.append(made);
      return made;
    };
    this.list = part("files", "nav");
    this.place = part("text");
    this.below = part("problems");
    this.below.setAttribute("role", "status");
    this.field = this.root.closest("form")?.querySelector("[data-editor-field]") ?? null;
  }

  state(path, content) {
    const nonce = document.querySelector('meta[name="style-nonce"]')?.content;
    return EditorState.create({
      doc: content,
      extensions: [
        nonce ? EditorView.cspNonce.of(nonce) : [],
        lineNumbers(), foldGutter(), lintGutter(), highlightSpecialChars(), history(), drawSelection(), indentOnInput(), bracketMatching(), closeBrackets(),
        highlightActiveLine(), highlightActiveLineGutter(), highlightSelectionMatches(), indentUnit.of("  "), EditorState.tabSize.of(2),
        yaml(), syntaxHighlighting(classHighlighter), autocompletion({ override: [(context) => this.complete(context)], activateOnTyping: true }),
        keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap, ...completionKeymap, ...lintKeymap, indentWithTab]),
        EditorView.contentAttributes.of({ tabindex: "0", "aria-label": path, spellcheck: "false" }),
        EditorState.readOnly.of(this.root.dataset.readonly !== undefined),
        EditorView.updateListener.of((update) => { if (update.docChanged) this.changed(); }),
      ],
    });
  }

  open(path, line = 0, column = 1) {
    if (this.path && this.path !== path) this.files.get(this.path).state = this.view.state;
    const file = this.files.get(path);
    if (!file) return;
    // The first state comes with the view: the editor's styles are put in with its nonce.
    const state = file.state ?? this.state(path, file.text);
    if (!this.view) this.view = new EditorView({ parent: this.place, state });
    else if (this.path !== path) this.view.setState(state);
    this.path = path;
    this.draw();
    this.mark();
    if (!line) return;
    const at = this.offset(line, column);
    this.view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
    this.view.focus();
  }

  changed() {
    const file = this.files.get(this.path);
    file.text = this.view.state.doc.toString();
    this.draw();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.check(), CHECK_DELAY);
  }

  texts() {
    return Object.fromEntries([...this.files].map(([path, file]) => [path, file.text]));
  }

  // Only the answer to the newest question counts: an older one speaks of places that may be gone.
  async check() {
    this.round += 1;
    const round = this.round;
    if (this.field) this.field.value = JSON.stringify(this.texts());
    if (!this.root.dataset.check) return;
    try {
      const { problems } = await post(this.root.dataset.check, JSON.stringify({ files: this.texts() }));
      if (round !== this.round) return;
      this.problems = problems;
      this.mark();
      this.report();
      this.root.dispatchEvent(new CustomEvent("editor:checked", { bubbles: true, detail: { problems } }));
    } catch {
      if (round === this.round) this.below.textContent = text("offline");
    }
  }

  offset(line, column) {
    const { doc } = this.view.state;
    const at = doc.line(Math.min(Math.max(line, 1), doc.lines));
    return Math.min(at.from + Math.max(column - 1, 0), at.to);
  }

  mark() {
    const { doc } = this.view.state;
    const here = this.problems.filter((problem) => problem.file === this.path || problem.file.endsWith(`/${this.path}`));
    const diagnostics = here.map((problem) => {
      const from = this.offset(problem.line, problem.column);
      const to = Math.min(from + problem.width, doc.lineAt(from).to);
      const severity = problem.severity === "note" ? "info" : problem.severity;
      return { from, to, severity, source: problem.code, message: words(problem).join("\n") };
    });
    this.view.dispatch(setDiagnostics(this.view.state, diagnostics.sort((a, b) => a.from - b.from)));
  }

  draw() {
    this.list.replaceChildren(...[...this.files].map(([path, file]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = path;
      button.setAttribute("aria-current", String(path === this.path));
      button.classList.toggle("is-changed", file.text !== file.saved);
      button.addEventListener("click", () => this.open(path));
      return button;
    }));
  }

  report() {
    const count = this.problems.length;
    const head = document.createElement("p");
    head.textContent = count > 1 ? text("problems", { count }) : text(count ? "problem" : "no_problems");
    const list = document.createElement("ol");
    list.append(...this.problems.map((problem) => this.entry(problem)));
    this.below.replaceChildren(head, list);
  }

  entry(problem) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    const sign = document.createElement("span");
    sign.className = `is-${problem.severity}`;
    sign.textContent = problem.severity === "error" ? "✕" : "!";
    const where = document.createElement("code");
    where.textContent = `${problem.file}:${problem.line}:${problem.column}`;
    const said = document.createElement("span");
    said.textContent = [problem.url ? "" : problem.code, ...words(problem)].filter(Boolean).join(" · ");
    button.append(sign, where, said);
    button.addEventListener("click", () => this.open(this.fileOf(problem), problem.line, problem.column));
    item.append(button);
    if (problem.url) item.append(this.explanation(problem));
    return item;
  }

  explanation(problem) {
    const link = document.createElement("a");
    link.href = problem.url;
    link.target = "_blank";
    link.textContent = problem.code;
    return link;
  }

  fileOf(problem) {
    return [...this.files.keys()].find((path) => problem.file === path || problem.file.endsWith(`/${path}`)) ?? this.path;
  }

  documents() {
    return [...this.files.values()].map((file) => {
      try {
        return parseDocument(file.text, { strict: false, uniqueKeys: false, logLevel: "silent" }).toJS({ maxAliasCount: 0 });
      } catch {
        return null;                       // text that is not finished may not be readable at all
      }
    });
  }

  complete(context) {
    if (!this.schema) return null;
    const line = context.state.doc.lineAt(context.pos);
    const found = place(context.state.doc.toString(), line.number - 1, context.pos - line.from);
    if (!found || (!context.explicit && !found.word && found.isKey)) return null;
    const options = suggest(this.schema, found, (reference) => declared(this.documents(), reference));
    if (!options.length) return null;
    const word = found.word.trimStart();
    return {
      from: context.pos - word.length,
      options: options.map((one) => ({ label: one.label, type: one.kind, info: one.info || undefined, boost: one.boost, apply: found.isKey && one.kind === "property" ? `${one.label}: ` : one.label })),
      validFor: /^[\p{L}\p{N}_-]*$/u,
    };
  }
}

export function prepare(root) {
  root.querySelectorAll("[data-editor]").forEach((element) => {
    if (!element.editor) element.editor = new Editor(element);
  });
}
