// hx-confirm asks in our own dialog. data-confirm-label names its button, data-confirm-kind="danger" colours it.
document.addEventListener("htmx:confirm", event => {
  const dialog = document.querySelector("#confirm"), { ctx, issueRequest, dropRequest } = event.detail;
  if (!dialog) return;
  event.preventDefault();
  const { confirmLabel = "Yes", confirmKind } = ctx.sourceElement.dataset, yes = dialog.querySelector("[value=yes]");
  dialog.querySelector("#confirm-words").textContent = ctx.confirm;
  yes.textContent = confirmLabel;
  yes.classList.toggle("button--danger", confirmKind === "danger");
  yes.classList.toggle("button--main", confirmKind !== "danger");
  dialog.returnValue = "";
  dialog.addEventListener("close", () => dialog.returnValue === "yes" ? issueRequest() : dropRequest(), { once: true });
  dialog.showModal();
});
