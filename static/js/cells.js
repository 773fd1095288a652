// Cells copied from a spreadsheet, as text: split into rows and columns, numbers and dates made neutral. Knows no page.

/** Tab-separated text as a spreadsheet puts it on the clipboard → rows of texts; quotes may hold line ends. */
export function split(text) {
  const rows = [[]];
  let cell = "";
  let quoted = false;
  const end = () => { rows.at(-1).push(cell); cell = ""; };
  for (let i = 0; i < text.length; i += 1) {
    const sign = text[i];
    if (quoted) {
      if (sign === '"' && text[i + 1] === '"') { cell += '"'; i += 1; }
      else if (sign === '"') quoted = false;
      else cell += sign;
    } else if (sign === '"' && cell === "") quoted = true;
    else if (sign === "\t") end();
    else if (sign === "\n") { end(); rows.push([]); }
    else if (sign !== "\r") cell += sign;
  }
  end();
  if (rows.at(-1).length === 1 && rows.at(-1)[0] === "") rows.pop();
  return rows.map((row) => row.map((one) => one.trim()));
}

const FULL_WIDTH = /[\uff01-\uff5e]/g;

/** `1,234.50`, `¥1 234.50`, `(12)`, full-width digits → `1234.50`, `-12`; anything else as it is. */
export function number(text) {
  const plain = text.replace(FULL_WIDTH, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0)).trim();
  const negative = /^\(.*\)$/.test(plain) ? "-" : "";
  const digits = plain.replace(/^\(|\)$/g, "").replace(/[\s\u00a0]/g, "").replace(/^([+-]?)[^\d.+-]{1,3}(?=[\d.])/, "$1");
  const ungrouped = /^[+-]?\d{1,3}(,\d{3})+(\.\d+)?%?$/.test(digits) ? digits.replaceAll(",", "") : digits;
  return /^[+-]?(\d+\.?\d*|\.\d+)%?$/.test(ungrouped) ? negative + ungrouped : text;
}

/** `2026/3/5`, `2026.3.5`, `2026年3月5日` → `2026-03-05`; anything else as it is: day and month are not guessed. */
export function date(text) {
  const found = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(text.trim());
  return found ? `${found[1]}-${found[2].padStart(2, "0")}-${found[3].padStart(2, "0")}` : text;
}
