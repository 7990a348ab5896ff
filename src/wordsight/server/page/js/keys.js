// Keys that work anywhere, and the dialog that lists them all.

import { $, el } from "./dom.js";

const HELP = [
  ["/", "to the search field"],
  ["↓ or Enter", "from the field to the photos"],
  ["← → ↑ ↓", "from photo to photo"],
  ["Enter", "open the photo"],
  ["← →", "in an open photo: previous, next"],
  ["Escape", "close; in the field: clear"],
  ["?", "this help"],
];

const isTyping = (element) => element.matches("input, textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) {
    return;
  }
  if (event.key === "/" && !$("dialog[open]")) {
    event.preventDefault();
    $("#query").focus();
    $("#query").select();
  } else if (event.key === "?" && !$("dialog[open]")) {
    event.preventDefault();
    showHelp();
  }
});

function showHelp() {
  const dialog = $("#help");
  const rows = HELP.map(([keys, what]) => [el("dt", {}, el("kbd", {}, keys)), el("dd", {}, what)]);
  const close = el("button", { type: "button", class: "button", onclick: () => dialog.close() }, "Close");
  dialog.replaceChildren(el("h2", { id: "help-title" }, "Keys"), el("dl", {}, rows.flat()), close);
  dialog.showModal();
}
