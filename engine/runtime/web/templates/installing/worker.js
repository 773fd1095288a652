// The service worker: keeps the build's files, which never change under their name, and one page that says nothing of
// anybody. Pages and data always come from the server and are never kept.
const CACHE = "formwork-{{ mark }}";
const OFFLINE = "/offline";
const BUILT = ["/static/vendor/", "/static/words/"];
const KEPT = {{ kept | tojson }};

// Fetched without cookies: what is kept is what a stranger would get.
const keep = async (cache, url) => cache.put(url, await fetch(new Request(url, { credentials: "omit", cache: "reload" })));

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then(async (cache) => {
    await cache.addAll(KEPT);
    await keep(cache, OFFLINE);
    await self.skipWaiting();
  }));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(caches.keys().then((names) => Promise.all(
    names.filter((name) => name.startsWith("formwork-") && name !== CACHE).map((name) => caches.delete(name)),
  )));
});

async function built(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok && answer.type === "basic") cache.put(request, answer.clone());
  return answer;
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (BUILT.some((place) => url.pathname.startsWith(place))) event.respondWith(built(request));
  else if (request.mode === "navigate") event.respondWith(fetch(request).catch(() => caches.match(OFFLINE)));
});
