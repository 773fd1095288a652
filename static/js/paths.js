// Values of a form by path (`qty`, `lines.0.qty`): where they stand, how they are read and set. Knows no formula.

const escape = (path) => CSS.escape(path);
const formats = new Map();              // language and decimals → a format: making one takes longer than using it

const chosenOf = (controls) => (controls.length > 1 ? controls.find((one) => one.checked) ?? controls[0] : controls[0]);

/** Everything that a form holds by its path, looked up once: a form of 200 lines has thousands of places. */
export class Places {
  constructor(form) {
    this.controls = new Map();
    this.outputs = new Map();
    for (const one of form.querySelectorAll("[data-path], [data-field]")) {
      const path = one.dataset.path;
      if (path === undefined) {
        if (!this.outputs.has(one.dataset.field)) this.outputs.set(one.dataset.field, one);
      } else if (this.controls.has(path)) this.controls.get(path).push(one);
      else this.controls.set(path, [one]);
    }
  }

  /** The control or output of a path, or null. */
  find(path) {
    return chosenOf(this.controls.get(path) ?? []) ?? this.outputs.get(path) ?? null;
  }

  /** Every control of a path: the two ends of a range. */
  findAll(path) {
    return this.controls.get(path) ?? [];
  }
}

/** The path of a control or output. */
export const pathOf = (element) => element.dataset.path ?? element.dataset.field ?? "";

/** What a control holds as the text that the form would send; "" for blank. */
export function textOf(element) {
  if (element.dataset.field !== undefined) return element.dataset.value ?? "";
  if (element.type === "checkbox") return element.checked ? "true" : "false";
  if (element.type === "radio") return element.checked ? element.value : "";
  if (element.multiple) return [...element.selectedOptions].map((option) => option.value).join(",");
  return element.value;
}

/** Rows of a grid within a form, in order. */
export function rowsOf(form, name) {
  return [...form.querySelectorAll(`[data-lines="${escape(name)}"] [data-row]`)];
}

/** The path prefix of a row (`lines.3`), from the names of its controls. */
export function prefixOf(row) {
  const named = row.querySelector("[data-path], [data-field], [name]");
  const path = named?.dataset.path ?? named?.dataset.field ?? named?.name ?? "";
  return path.split(".").slice(0, -1).join(".");
}

function setOptions(control, value, title) {
  if (control.value === value) return;    // setting a box measures the page, which takes long where there are many
  if (control.tomselect) {
    if (value !== "" && !control.tomselect.options[value]) control.tomselect.addOption({ id: value, title: title || value });
    control.tomselect.setValue(value, true);
    return;
  }
  if (value !== "" && ![...control.options].some((option) => option.value === value)) {
    control.append(new Option(title || value, value));
  }
  control.value = value;
}

function setMany(control, values, titles = []) {
  const said = values.map(String);
  if (said.join("\n") === [...control.selectedOptions].map((one) => one.value).join("\n")) return;
  const known = (value) => (control.tomselect ? control.tomselect.options[value] : [...control.options].some((one) => one.value === value));
  said.forEach((value, place) => {
    if (known(value)) return;
    const title = titles[place] || value;
    if (control.tomselect) control.tomselect.addOption({ id: value, value, title, text: title });
    else control.append(new Option(title, value));
  });
  if (control.tomselect) control.tomselect.setValue(said, true);
  else [...control.options].forEach((one) => { one.selected = said.includes(one.value); });
}

/** Puts a value into a control without telling anybody; `title` names what a link's id stands for, several those of a list. */
export function setText(control, value, title) {
  if (control.type === "checkbox") control.checked = value === "true" || value === true;
  else if (control.type === "radio") {
    const same = control.form?.querySelectorAll(`[type=radio][name="${escape(control.name)}"]`) ?? [control];
    same.forEach((one) => { one.checked = one.value === value; });
  } else if (control.multiple && Array.isArray(value)) setMany(control, value, title);
  else if (control.tagName === "SELECT") setOptions(control, String(value ?? ""), title);
  else control.value = value ?? "";
}

/** Shows a computed value; the colour of a short flash says that it is new. */
export function setOutput(output, value, shown) {
  const before = output.dataset.value ?? "";
  const text = shown ?? value ?? "";
  if (output.textContent !== text) output.textContent = text;      // what stands there already is not laid out anew
  if (before === (value ?? "")) return;
  output.dataset.value = value ?? "";
  if (!output.classList.contains("is-fresh")) output.classList.add("is-fresh");
  else {
    output.classList.remove("is-fresh");
    requestAnimationFrame(() => output.classList.add("is-fresh"));   // starts the animation again, without a layout of its own
  }
}

/** Digits grouped as the page's language does, with between `least` and `most` decimals. Exact: no float. */
export function grouped(text, least = 0, most = 12) {
  if (text === "" || text === null || text === undefined) return "";
  const lang = document.documentElement.lang || "en";
  const key = `${lang} ${least} ${most}`;
  if (!formats.has(key)) {
    const options = { minimumFractionDigits: Number(least), maximumFractionDigits: Math.max(Number(least), Number(most)) };
    formats.set(key, new Intl.NumberFormat(lang, options));
  }
  return formats.get(key).format(String(text));
}
