// A line at the top while the page waits for the server: nobody wonders whether the click was heard. Knows no request.

const QUIET = 250;                      // milliseconds in which nothing is shown: most answers come sooner

let count = 0;
let timer = null;

/** Counts what the page waits for; the function that it gives ends it. */
export function begin() {
  count += 1;
  timer ??= setTimeout(() => document.documentElement.classList.add("is-waiting"), QUIET);
  let ended = false;
  return () => {
    if (ended) return;
    ended = true;
    count -= 1;
    if (count) return;
    clearTimeout(timer);
    timer = null;
    document.documentElement.classList.remove("is-waiting");
  };
}

export function start() {
  document.addEventListener("htmx:before:request", (event) => { event.detail.ctx.heard = begin(); });
  document.addEventListener("htmx:finally:request", (event) => event.detail.ctx.heard?.());
  // A form or link that leads away: the page stands until the next one comes.
  window.addEventListener("beforeunload", () => setTimeout(() => {
    const end = begin();
    window.addEventListener("pageshow", end, { once: true });
    window.addEventListener("focus", () => setTimeout(end, QUIET), { once: true });
  }));
}
