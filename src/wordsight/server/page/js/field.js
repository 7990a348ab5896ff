// The search field: results follow one's typing.

import { go, onChange, shown } from "./address.js";
import { $, show } from "./dom.js";
import { focusTile } from "./grid.js";
import { icon } from "./icons.js";

const WAIT_WHILE_TYPING_MS = 120;
const field = $("#query");
const clear = $("#clear");
let timer = 0;
let kept = true; // what is typed next leaves the search shown now to go back to

const typed = () => ({ q: field.value, group: null, photo: null, map: false });

field.addEventListener("input", () => {
  show(clear, field.value !== "");
  clearTimeout(timer);
  timer = setTimeout(() => {
    go(typed(), { replace: !kept });
    kept = false;
  }, WAIT_WHILE_TYPING_MS);
});

$("#search").addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(timer);
  go(typed(), { replace: !kept });
  kept = true;
  focusTile(0, { preventScroll: true });
});

field.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && field.value) {
    event.preventDefault();
    empty();
  } else if (event.key === "ArrowDown") {
    event.preventDefault();
    focusTile(0);
  }
});

clear.append(icon("clear"));
clear.addEventListener("click", empty);

function empty() {
  field.value = "";
  field.dispatchEvent(new Event("input"));
  field.focus();
}

window.addEventListener("popstate", () => (kept = true));

onChange((changed) => {
  // Any other change leaves what is being typed, which is not searched yet.
  const searched = changed.has("q") || changed.has("start");
  if (searched && field.value.trim() !== shown.q.trim()) {
    field.value = shown.q;
  }
  show(clear, field.value !== "");
});
