import htmx from "htmx.org";
import "htmx.org/dist/ext/hx-preload.js";

// Attributes never run scripts, also where the page's policy would not stop them.
htmx.registerExtension("no-eval", {
  init(api) {
    const refuse = function () { throw new Error("no scripts in attributes"); };
    api.initSecurity(null, refuse, refuse);
  },
});
