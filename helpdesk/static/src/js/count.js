// Letters used, against what the channel takes (data-limit on the textarea).
document.addEventListener("input", ({ target }) => {
  const output = target.dataset?.limit && target.form?.querySelector(".composer__count");
  if (!output) return;
  const used = [...target.value].length, limit = Number(target.dataset.limit);
  output.textContent = `${used.toLocaleString("en")} / ${limit.toLocaleString("en")}`;
  output.classList.toggle("composer__count--over", used > limit);
});
