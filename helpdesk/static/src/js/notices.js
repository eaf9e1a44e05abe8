// Turns what the stream says into events of the page: each subject of `changed` is dispatched on #live and bubbles, so that
// hx-trigger="ticket-12 from:body" hears it. `hello` asks every pane to catch up.
export function announce({ name, data }) {
  if (name === "signed-out") return location.reload();
  const live = document.querySelector("#live");
  const subjects = name === "changed" ? data.split(" ").filter(Boolean) : [name];
  for (const subject of subjects) live?.dispatchEvent(new CustomEvent(subject, { bubbles: true }));
}
