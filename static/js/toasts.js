// Short messages that come and go at the lower edge. Errors stay until they are clicked away.

const SECONDS = 5;

function leave(toast) {
  toast.classList.add("is-leaving");
  setTimeout(() => toast.remove(), 300);
}

function settle(toast) {
  toast.addEventListener("click", () => leave(toast));
  if (!toast.classList.contains("fw-toast-danger")) setTimeout(() => leave(toast), SECONDS * 1000);
}

/** Shows a text; `kind` is success, info, warning or danger. */
export function show(text, kind = "info") {
  const toast = document.createElement("div");
  toast.className = `fw-toast fw-toast-${kind}`;
  toast.textContent = text;
  document.getElementById("toasts")?.append(toast);
  settle(toast);
}

export function start() {
  document.querySelectorAll("[data-toast]").forEach(settle);
  document.addEventListener("toast", (event) => show(event.detail.text ?? event.detail.value, event.detail.kind));
}
