// On a phone one pane is seen at a time: the element that came into #main says which by data-pane.
document.addEventListener("htmx:after:swap", () => {
  const pane = document.querySelector("#main [data-pane]")?.dataset.pane;
  if (pane) document.body.dataset.pane = pane;
});
