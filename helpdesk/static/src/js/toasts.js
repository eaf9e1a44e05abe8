// One toast at a time, gone after 8 s unless pointed at. The server shows one by the header HX-Trigger: {"toast": "Resolved"}.
const region = () => document.querySelector("#toasts");
let timer;

export function toast(words) {
  const fresh = document.querySelector("#toast-template").content.firstElementChild.cloneNode(true);
  fresh.querySelector(".toast__words").textContent = words;
  region().replaceChildren(fresh);
}

function arm() {
  clearTimeout(timer);
  [...region().children].slice(0, -1).forEach(old => old.remove());
  timer = setTimeout(() => region().matches(":hover, :focus-within") ? arm() : region().replaceChildren(), 8000);
}

if (region()) new MutationObserver(arm).observe(region(), { childList: true });
document.addEventListener("toast", ({ detail }) => toast(detail?.value ?? detail));
document.addEventListener("click", ({ target }) => target.closest?.(".toast [data-close], .toast [hx-post]") && setTimeout(() => region().replaceChildren()));
document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
  if (ctx.response.status >= 500) toast("That did not work. Nothing was lost; try again.");
});
