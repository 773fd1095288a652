// Sets the theme, and opens the groups of the menu that a person opened before, ahead of anything that is painted; the
// only script that a page waits for. Knows nothing but <html> and `data-remember`.
(() => {
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const wanted = root.dataset.theme;
    root.setAttribute("data-bs-theme", wanted === "light" || wanted === "dark" ? wanted : dark.matches ? "dark" : "light");
  };
  dark.addEventListener("change", apply);
  new MutationObserver(apply).observe(root, { attributeFilter: ["data-theme"] });
  apply();

  const restore = (group) => {
    let kept = null;
    try {
      kept = localStorage.getItem(group.dataset.remember);
    } catch {
      // A browser that keeps nothing loses a convenience only.
    }
    if (kept !== null && group.dataset.held === undefined) group.open = kept === "open";
  };
  const watcher = new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) if (node.nodeName === "DETAILS" && node.dataset.remember) restore(node);
    }
  });
  watcher.observe(root, { childList: true, subtree: true });
  document.addEventListener("DOMContentLoaded", () => watcher.disconnect());
})();
