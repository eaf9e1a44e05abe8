// A stream of this page alone: closed while the page is hidden, opened again (and caught up by `hello`) when it is seen.
import { announce } from "./notices.js";

export function openStream(address) {
  let source, again;
  const open = () => {
    clearTimeout(again);
    if (document.hidden || (source && source.readyState !== EventSource.CLOSED)) return;
    source = new EventSource(address);
    source.onopen = () => announce({ name: "connected" });
    source.onerror = () => {
      announce({ name: "disconnected" });
      if (source.readyState === EventSource.CLOSED) again = setTimeout(open, 2000 + Math.random() * 2000);
    };
    for (const name of ["hello", "changed", "signed-out", "bye"]) source.addEventListener(name, ({ data }) => announce({ name, data }));
  };
  document.addEventListener("visibilitychange", () => document.hidden ? source?.close() : open());
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", open);
  open();
}

if (document.querySelector('#live[data-behaviour~="live-stream"]')) openStream(document.body.dataset.liveUrl);
