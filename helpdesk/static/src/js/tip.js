// data-behaviour="tip" data-tip="<id>": that popover is shown beside it on hover and focus.
import { within } from "./behaviours.js";

const tipOf = element => element && document.getElementById(element.dataset.tip);
const show = ({ target }) => { const owner = within(target, "tip"), tip = tipOf(owner); if (tip && !tip.matches(":popover-open")) tip.showPopover({ source: owner }); };
const hide = ({ target, relatedTarget }) => { const owner = within(target, "tip"); if (owner && !owner.contains(relatedTarget)) tipOf(owner)?.hidePopover(); };
document.addEventListener("pointerover", show);
document.addEventListener("focusin", show);
document.addEventListener("pointerout", hide);
document.addEventListener("focusout", hide);
