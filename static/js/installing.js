// Lets a browser install the site and say so without a connection; the worker itself is the server's (`/worker.js`).

export function start() {
  document.addEventListener("click", (event) => event.target.closest("[data-reload]") && window.location.reload());
  if (!("serviceWorker" in navigator)) return;
  const register = () => navigator.serviceWorker.register("/worker.js").catch(() => {});     // a convenience only
  if (document.readyState === "complete") register();
  else window.addEventListener("load", register, { once: true });
}
