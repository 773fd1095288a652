// Files of a form: sent as soon as they are chosen, dropped, pasted or drawn. The form then holds their tokens only.

import { send as request } from "./sessions.js";
import { sketch } from "./signs.js";
import { text } from "./texts.js";

const running = new WeakMap();          // form → promises of files on their way
const DRAWN = 900;                      // after so long without a stroke a signature is sent

const state = (box) => box.querySelector("[data-upload-state]");

function item(box, sent, file) {
  if (box.dataset.several === undefined) box.querySelector(".fw-files").replaceChildren();
  const row = document.createElement("li");
  row.className = "fw-file";
  const label = document.createElement("label");
  label.className = "form-check";
  const tick = Object.assign(document.createElement("input"), { type: "checkbox", className: "form-check-input", name: box.dataset.path, value: sent.id, checked: true });
  const name = Object.assign(document.createElement("span"), { className: "form-check-label", textContent: sent.title });
  label.append(tick, name);
  row.append(label, " ", Object.assign(document.createElement("small"), { textContent: sent.hint }));
  if (file.type.startsWith("image/")) {
    const picture = Object.assign(new Image(), { className: "fw-picture", alt: "" });
    picture.src = URL.createObjectURL(file);
    row.append(picture);
  }
  box.querySelector(".fw-files").append(row);
  tick.dispatchEvent(new Event("change", { bubbles: true }));
}

async function send(box, file) {
  const body = new FormData();
  body.set("path", box.dataset.path);
  body.set("file", file, file.name);
  const answer = await request(box.dataset.upload, { method: "POST", body, headers: { Accept: "application/json" } });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.detail ?? said.title ?? text("failed"));
  item(box, said, file);
}

/** Sends files for a box, one after the other; what is refused is told below it. */
function take(box, files) {
  const form = box.closest("form");
  const chosen = [...files].slice(0, box.dataset.several === undefined ? 1 : files.length);
  if (!chosen.length) return;
  const work = (async () => {
    box.setAttribute("aria-busy", "true");
    const refused = [];
    for (const file of chosen) {
      state(box).textContent = text("uploading", { name: file.name });
      await send(box, file).catch((error) => refused.push(error.message));
    }
    state(box).textContent = refused.join(" ");
    state(box).classList.toggle("is-wrong", refused.length > 0);
    box.removeAttribute("aria-busy");
  })();
  const known = running.get(form) ?? new Set();
  running.set(form, known.add(work));
  work.finally(() => known.delete(work));
}

// Whoever saves while a file is on its way means it to be saved: the form is sent once it has come.
function hold(event) {
  const form = event.target;
  form.querySelectorAll?.("canvas[data-unsent]").forEach((canvas) => canvas.dispatchEvent(new CustomEvent("signature:send")));
  const known = running.get(form);
  if (!known?.size) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const { submitter } = event;
  Promise.allSettled([...known]).then(() => {
    const wrong = form.querySelector(".fw-upload-state.is-wrong");
    if (!wrong) form.requestSubmit(submitter);
    else wrong.scrollIntoView({ block: "center" });
  });
}

function draw(canvas, box) {
  let timer = null;
  const sendIt = () => {
    clearTimeout(timer);
    delete canvas.dataset.unsent;
    // At once, so that a form that is just being sent knows of it.
    const bytes = Uint8Array.from(atob(canvas.toDataURL("image/png").split(",")[1]), (sign) => sign.charCodeAt(0));
    take(box, [new File([bytes], "signature.png", { type: "image/png" })]);
  };
  const clear = sketch(canvas, {
    began: () => clearTimeout(timer),
    moved: () => { canvas.dataset.unsent = ""; },
    lifted: () => { if (canvas.dataset.unsent !== undefined) timer = setTimeout(sendIt, DRAWN); },
  });
  canvas.addEventListener("signature:send", sendIt);
  box.addEventListener("change", (event) => {
    if (event.target.type === "checkbox" && !event.target.checked) clear();
  });
}

/** Makes the boxes for files within a part of the page send what they are given. */
export function prepare(scope) {
  for (const box of scope.querySelectorAll("[data-upload]:not([data-ready])")) {
    box.dataset.ready = "";
    const chooser = box.querySelector("input[type=file]");
    chooser.removeAttribute("name");    // the form sends tokens, no contents
    const canvas = box.querySelector("canvas[data-signature]");
    if (canvas) draw(canvas, box);
    chooser.addEventListener("change", () => {
      take(box, [...chooser.files]);
      chooser.value = "";
    });
  }
}

/** Tells beside a plain chooser of files which ones are chosen. */
function name(chooser) {
  const place = chooser.closest("label")?.querySelector("[data-file-names]");
  if (place) place.textContent = [...chooser.files].map((file) => file.name).join(", ");
}

// A picture that is pasted into a comment goes with it.
function onCommentPaste(event) {
  const chooser = event.target.matches?.("textarea") && event.target.form?.querySelector("[data-named-files]");
  const files = [...(event.clipboardData?.files ?? [])];
  if (!chooser || !files.length) return;
  event.preventDefault();
  const all = new DataTransfer();
  for (const file of [...chooser.files, ...files]) all.items.add(file);
  chooser.files = all.files;
  name(chooser);
}

export function start() {
  document.addEventListener("paste", onCommentPaste);
  document.addEventListener("change", (event) => event.target.matches?.("[data-named-files]") && name(event.target));
  const boxOf = (event) => event.target.closest?.("[data-upload]");
  document.addEventListener("dragover", (event) => {
    const box = boxOf(event);
    if (!box || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    box.classList.add("is-over");
  });
  document.addEventListener("dragleave", (event) => boxOf(event)?.classList.remove("is-over"));
  document.addEventListener("drop", (event) => {
    const box = boxOf(event);
    if (!box) return;
    event.preventDefault();
    box.classList.remove("is-over");
    take(box, event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => {
    const box = boxOf(event);
    if (!box || !event.clipboardData?.files.length) return;
    event.preventDefault();
    take(box, event.clipboardData.files);
  });
  document.addEventListener("submit", hold, true);
}
