// One stream for all tabs of this browser. The page that starts it names the stream's address in the worker's own.
const address = new URL(self.location.href).searchParams.get("stream") || "/live";
const ports = new Set();
const tell = message => ports.forEach(port => port.postMessage(message));
let source;

function open() {
  source = new EventSource(address);
  source.onopen = () => tell({ name: "connected" });
  source.onerror = () => {
    tell({ name: "disconnected" });
    // A first answer other than 200 closes an EventSource for good; otherwise it tries again by itself.
    if (source.readyState === EventSource.CLOSED) setTimeout(open, 2000 + Math.random() * 2000);
  };
  for (const name of ["hello", "changed", "bye"]) source.addEventListener(name, ({ data }) => tell({ name, data }));
  source.addEventListener("signed-out", () => {
    source.close();
    source = null;
    tell({ name: "signed-out" });
  });
}

self.onconnect = ({ ports: [port] }) => {
  ports.add(port);
  port.onmessage = ({ data }) => data === "bye" && ports.delete(port);
  if (source) port.postMessage({ name: "hello" });
  else open();
};
