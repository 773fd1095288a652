// Says that a table goes on beyond the edge of its box. Knows no table.

const told = (box) => box.classList.toggle("has-more", box.scrollWidth - box.clientWidth - Math.abs(box.scrollLeft) > 3);
const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => told(target.closest(".fw-scroll") ?? target)));

export function prepare(root) {
  for (const box of root.querySelectorAll(".fw-scroll")) {
    sizes.observe(box);
    if (box.firstElementChild) sizes.observe(box.firstElementChild);
  }
}

export function start() {
  document.addEventListener("scroll", ({ target }) => { if (target.classList?.contains("fw-scroll")) told(target); }, { capture: true, passive: true });
}
