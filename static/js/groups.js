// Groups of a list: opened and shut; htmx fetches the rows of one the first time. Knows no column.

function onClick(event) {
  const button = event.target.closest?.("[data-group]");
  if (!button) return;
  const rows = button.closest("tbody").nextElementSibling;
  const shut = button.getAttribute("aria-expanded") === "true";
  button.setAttribute("aria-expanded", String(!shut));
  if (rows) rows.hidden = shut;
}

export function start() {
  document.addEventListener("click", onClick);
}
