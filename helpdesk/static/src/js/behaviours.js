// What every behaviour needs: find the element that carries it, and meet those that arrive later.
export const within = (target, name) => target instanceof Element ? target.closest(`[data-behaviour~="${name}"]`) : null;
export const all = name => document.querySelectorAll(`[data-behaviour~="${name}"]`);

/** Calls `meet` once for each element with this behaviour, now and after every swap. */
export function eachNew(name, meet) {
  const met = new WeakSet();
  const look = () => all(name).forEach(element => {
    if (met.has(element)) return;
    met.add(element);
    meet(element);
  });
  look();
  document.addEventListener("htmx:after:swap", look);
}

const headers = () => JSON.parse(document.body.getAttribute("hx-headers:inherited") || "{}");

/** A POST of a few fields with the page's token; it may outlive the page. */
export const post = (url, fields) => fetch(url, { method: "POST", body: new URLSearchParams(fields), headers: headers(), keepalive: true });
export const csrfHeaders = headers;
