// data-behaviour="submit" on a filter or switch: its form is sent when it changes.
import { within } from "./behaviours.js";
document.addEventListener("change", ({ target }) => { if (within(target, "submit")) target.form?.requestSubmit(); });
