// Puts the focus into a control of its own accord: the list of a select box stays shut until somebody asks for it.

/** The select box of a control, if it has one: of the select itself or of an input within the box. */
const boxOf = (control) => control.tomselect ?? control.closest(".ts-wrapper")?.previousElementSibling?.tomselect;

/** Focus a control; its list is opened by a key, typing or a click. */
export function enter(control) {
  const box = control && boxOf(control);
  if (!box) return control?.focus({ preventScroll: true });
  const draw = box.refreshOptions;
  let asked = false;
  box.refreshOptions = (open = true) => draw.call(box, open && asked);
  const ask = () => {
    asked = true;
    delete box.refreshOptions;
  };
  for (const one of ["keydown", "input", "pointerdown"]) box.wrapper.addEventListener(one, ask, { once: true, capture: true });
  return box.focus();
}
