// Which fields the person changed by hand: the server refills only the others. Kept in the form's hidden `_touched`.

const noted = new WeakMap();            // form → paths touched in this turn
const box = (form) => form.querySelector('input[name="_touched"]');

/** The paths touched so far. */
export function touched(form) {
  return new Set((box(form)?.value ?? "").split(",").filter(Boolean));
}

/** Notes that a person changed the field at this path. */
export function touch(form, path) {
  if (!path || !box(form)) return;
  if (noted.has(form)) {
    noted.get(form).add(path);
    return;
  }
  // Of a paste that changes a thousand cells the names are written once.
  noted.set(form, touched(form).add(path));
  queueMicrotask(() => {
    box(form).value = [...noted.get(form)].join(",");
    noted.delete(form);
  });
}

export function start() {
  document.addEventListener("change", (event) => {
    const control = event.target;
    // A change made by a script (a paste into the grid counts as typed and says so) is not trusted as typed.
    if (!control.dataset?.path || !control.form?.matches("form[data-form]")) return;
    if (event.isTrusted || event.detail?.typed || control.tomselect) touch(control.form, control.dataset.path);
  });
}
