// The console: all tabs share one stream, in a worker. Where there are no shared workers the page opens its own.
import { announce } from "./notices.js";
import { openStream } from "./stream.js";

function shareStream({ liveWorker, liveUrl }) {
  const worker = new URL(liveWorker, location.href);
  worker.searchParams.set("stream", liveUrl);
  const { port } = new SharedWorker(worker);
  port.onmessage = ({ data }) => announce(data);
  addEventListener("pagehide", () => port.postMessage("bye"));
  // A page that comes back from the browser's cache was taken off the list when it went.
  addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
}

if (document.querySelector('#live[data-behaviour~="live"]'))
  "SharedWorker" in window ? shareStream(document.body.dataset) : openStream(document.body.dataset.liveUrl);
