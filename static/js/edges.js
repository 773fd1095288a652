// Says that a table goes on beyond the edge of its box, and shows of a picture what matters. Knows no table.

const told = (box) => box.classList.toggle("has-more", box.scrollWidth - box.clientWidth - Math.abs(box.scrollLeft) > 3);
const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => told(target.closest(".fw-scroll") ?? target)));

/** Where a flow stands is in sight, also where its picture is wider than its box. */
function inSight(box) {
  const now = box.querySelector(".fw-flow-node.is-current > rect")?.getBBox();
  if (now && box.scrollWidth > box.clientWidth) box.scrollLeft = now.x + now.width / 2 - box.clientWidth / 2;
}

export function prepare(root) {
  for (const box of root.querySelectorAll(".fw-flow-scroll")) inSight(box);
  for (const box of root.querySelectorAll(".fw-scroll")) {
    sizes.observe(box);
    if (box.firstElementChild) sizes.observe(box.firstElementChild);
  }
}

export function start() {
  document.addEventListener("scroll", ({ target }) => { if (target.classList?.contains("fw-scroll")) told(target); }, { capture: true, passive: true });
}
