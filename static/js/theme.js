// Sets the theme before anything is painted; the only script that a page waits for. Knows nothing but <html>.
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
})();
