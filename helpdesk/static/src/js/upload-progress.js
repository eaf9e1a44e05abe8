// fetch tells nothing about an upload; for a form with files an XMLHttpRequest takes its place.
import { within } from "./behaviours.js";

const send = bar => (url, { method, headers, body, signal }) => new Promise((resolve, reject) => {
  const request = new XMLHttpRequest();
  request.open(method, url);
  for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
  request.responseType = "blob";
  request.upload.onprogress = ({ loaded, total }) => { bar.hidden = false; bar.value = 100 * loaded / total; };
  request.onload = () => resolve(answer(request, url));
  request.onerror = () => reject(new TypeError("not connected"));
  request.onabort = () => reject(signal.reason ?? new DOMException("aborted", "AbortError"));
  request.onloadend = () => { bar.hidden = true; bar.value = 0; };
  signal?.addEventListener("abort", () => request.abort());
  request.send(body);
});

function answer(request) {
  const headers = new Headers();
  for (const line of request.getAllResponseHeaders().trim().split("\r\n")) headers.append(...line.split(/: (.*)/s).slice(0, 2));
  return new Response([204, 304].includes(request.status) ? null : request.response, { status: request.status, headers });
}

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  const form = within(ctx.sourceElement, "upload-progress"), bar = form?.querySelector("progress");
  if (bar && [...ctx.request.body?.values?.() ?? []].some(value => value instanceof File && value.size)) ctx.fetch = send(bar);
});
