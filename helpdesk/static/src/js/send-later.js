// The field of a time of one's own in the composer: Enter takes that time, and a time not taken is not kept.
document.addEventListener("keydown", event => {
  if (event.key !== "Enter" || event.target.name !== "later_at") return;
  event.preventDefault();
  event.target.closest(".menu").querySelector('[name="later"][value="at"]').click();
});
document.addEventListener("toggle", ({ target, newState }) => {
  const field = newState === "closed" && target.querySelector?.('[name="later_at"]');
  // After htmx has read it.
  if (field) setTimeout(() => { field.value = ""; }, 100);
}, true);
