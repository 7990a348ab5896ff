// The page: the field's text goes to the address, what the address says is shown.

import "./theme.js";
import "./keys.js";
import * as address from "./address.js";
import * as states from "./states.js";
import { $, show } from "./dom.js";
import { icon } from "./icons.js";
import { focusPhoto, focusTile, layOut } from "./grid.js";
import { clear, start } from "./search.js";

const { shown } = address;
const WAIT_WHILE_TYPING_MS = 120;
const field = $("#query");
let timer = 0;

field.addEventListener("input", () => {
  show($("#clear"), field.value !== "");
  clearTimeout(timer);
  timer = setTimeout(() => address.go(typed(), { replace: true }), WAIT_WHILE_TYPING_MS);
});

const typed = () => ({ q: field.value, like: null, group: null, photo: null, map: false });

$("#search").addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(timer);
  if (shown.q === field.value) {
    history.pushState(null, "", location.href); // what is typed next leaves this one to go back to
  }
  address.go(typed());
  focusTile(0, { preventScroll: true });
});

field.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && field.value) {
    event.preventDefault();
    empty();
  }
});
$("#clear").append(icon("clear"));
$("#clear").addEventListener("click", () => empty());

function empty() {
  field.value = "";
  field.dispatchEvent(new Event("input"));
  field.focus();
}

async function showSearch() {
  document.title = shown.q.trim() ? `${shown.q} – wordsight` : "wordsight";
  if (document.activeElement !== field || field.value.trim() !== shown.q.trim()) {
    field.value = shown.q;
  }
  show($("#clear"), field.value !== "");
  try {
    const answer = await start();
    if (answer) {
      states.found(answer);
    } else {
      clear();
      await states.welcome();
    }
  } catch (error) {
    states.explain(error, showSearch);
  }
}

let viewer = null;

async function showPhoto() {
  if (shown.photo === null && !viewer) {
    return;
  }
  viewer ??= await import("./viewer.js");
  viewer.follow();
}

address.onChange((changed) => {
  if (["q", "like", "group"].some((name) => changed.has(name))) {
    showSearch();
  }
  if (changed.has("photo")) {
    showPhoto();
  }
});

$("#results").addEventListener("click", (event) => {
  const tile = event.target.closest(".tile");
  if (tile && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    address.go({ photo: tile.photo.id });
  }
});

function showCaptions(on) {
  localStorage.setItem("captions", on ? "below" : "over");
  $("#results").classList.toggle("captioned", on);
  $("#show-captions").setAttribute("aria-pressed", on);
  layOut();
}

$("#show-captions").append(icon("captions"));
$("#show-captions").title = $("#show-captions").ariaLabel = "Captions below the photos";
$("#show-captions").addEventListener("click", () =>
  showCaptions($("#show-captions").getAttribute("aria-pressed") !== "true"),
);
showCaptions(localStorage.getItem("captions") === "below");

document.addEventListener("photo-closed", (event) => focusPhoto(event.detail));

address.read();
if (!shown.q && shown.like === null) {
  showSearch();
}
