// A press in the emoji menu puts the sign where the caret of the composer is.
document.addEventListener("click", ({ target }) => {
  const sign = target.closest?.("#emoji [data-insert]")?.dataset.insert;
  const field = sign && document.querySelector("#composer")?.elements.body;
  if (!field) return;
  document.querySelector("#emoji").hidePopover();
  field.focus();
  document.execCommand("insertText", false, sign);
});
