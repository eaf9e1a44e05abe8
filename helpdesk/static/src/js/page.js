// What every signed-in page has.
import "./htmx.js";
import "./keyed.js";
import "./since.js";
import "./focus.js";
import "./refused.js";
import "./toasts.js";
import "./offline.js";
import "./confirm.js";
import "./menu.js";
import "./tip.js";
import "./theme.js";
import "./submit.js";
import "./ago.js";
import "./changed-number.js";
import "./drawer.js";
import "./in-view.js";
