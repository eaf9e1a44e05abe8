// data-since="#field": the version is read when the request leaves; a queued request would carry an old one.
document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  const selector = ctx.sourceElement.dataset?.since;
  const field = selector && document.querySelector(selector);
  if (!field) return;
  const url = new URL(ctx.request.action, location.href);
  url.searchParams.set("since", field.value);
  ctx.request.action = url.pathname + url.search;
});
