// A field that was refused says why beside it; the first of them is where one goes on.
const met = new WeakSet();
function look() {
  const refused = [...document.querySelectorAll('[aria-invalid="true"]')].filter(field => !met.has(field));
  refused.forEach(field => met.add(field));
  refused[0]?.focus();
}
look();
document.addEventListener("htmx:after:swap", look);
