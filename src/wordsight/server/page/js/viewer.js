// One photo, large, with all that is known of it beside it.

import * as address from "./address.js";
import * as api from "./api.js";
import { attentionOver } from "./attention.js";
import { details } from "./details.js";
import { $, el, show } from "./dom.js";
import { sequence as photos } from "./sequence.js";
import { icon } from "./icons.js";

const dialog = $("#viewer");
const image = el("img", { class: "large", alt: "", onload: () => stage.classList.add("loaded") });
const overlay = el("canvas", { class: "overlay", "aria-hidden": "true" });
const previous = round("left", "Previous photo", () => step(-1));
const next = round("right", "Next photo", () => step(1));
const stage = el("div", { class: "stage" }, image, overlay, previous, next);
const panel = el("div", { class: "panel", role: "region", "aria-label": "About this photo" });
const close = round("clear", "Close", () => dialog.close());
close.classList.add("close");
dialog.append(stage, panel, close);

let photo = null;
let loading = new AbortController();

function round(name, label, onclick) {
  return el("button", { type: "button", class: "round", "aria-label": label, title: label, onclick }, icon(name));
}

/** Show the photo that the address names, or none. */
export function follow() {
  const id = address.shown.photo;
  loading.abort();
  if (id === null) {
    return dialog.open && dialog.close();
  }
  loading = new AbortController();
  const { signal } = loading;
  const known = photos().find((one) => one.id === id);
  if (known) {
    draw(known);
  }
  api.photo(id, signal).then(
    (all) => draw({ ...known, ...all }),
    (error) => !known && error.name !== "AbortError" && missing(error),
  );
}

function draw(now) {
  if (photo?.id !== now.id) {
    stage.classList.remove("loaded");
    overlay.getContext("2d").clearRect(0, 0, overlay.width, overlay.height);
    stage.style.setProperty("--thumbnail", `url("${new URL(api.relative(now.thumbnail), document.baseURI)}")`);
    image.src = api.relative(now.image);
    panel.scrollTop = 0;
  }
  const focused = photo?.id === now.id ? controls().indexOf(document.activeElement) : -1;
  photo = now;
  image.alt = now.caption || "A photo without a caption";
  panel.replaceChildren(...details(now, attentionOver(overlay, now)));
  controls()[focused]?.focus(); // more is known of the same photo
  const place = position();
  show(previous, place > 0);
  show(next, place >= 0 && place < photos().length - 1);
  open();
  preload(place + 1);
}

const controls = () => [...panel.querySelectorAll("button, a")];

function missing(error) {
  photo = null;
  image.removeAttribute("src");
  panel.replaceChildren(el("h2", { id: "viewer-title" }, "This photo is gone"), el("p", {}, error.message));
  show(previous, false);
  show(next, false);
  open();
}

function open() {
  if (!dialog.open) {
    dialog.showModal();
    close.focus();
  }
}

const position = () => photos().findIndex((one) => one.id === photo?.id);

function step(by) {
  const to = photos()[position() + by];
  if (position() >= 0 && to) {
    address.go({ photo: to.id }, { replace: true });
  }
}

function preload(place) {
  const after = photos()[place];
  if (after) {
    new Image().src = api.relative(after.image);
  }
}

dialog.addEventListener("close", () => {
  if (dialog.open) {
    return; // the event comes late: the photo was opened again meanwhile
  }
  const id = photo?.id;
  photo = null;
  if (address.shown.photo !== null) {
    address.go({ photo: null });
  }
  document.dispatchEvent(new CustomEvent("photo-closed", { detail: id }));
});

dialog.addEventListener("keydown", (event) => {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (by && !event.defaultPrevented && !event.target.matches("input, textarea")) {
    event.preventDefault();
    step(by);
  }
});

let touched = null;
stage.addEventListener("touchstart", (event) => {
  touched = event.touches.length === 1 ? event.touches[0].clientX : null;
}, { passive: true });
stage.addEventListener("touchend", (event) => {
  const moved = touched === null ? 0 : event.changedTouches[0].clientX - touched;
  if (Math.abs(moved) > 60) {
    step(moved < 0 ? 1 : -1);
  }
});

document.addEventListener("photo-changed", (event) => {
  if (photo?.id === event.detail.id) {
    draw({ ...photo, ...event.detail });
  }
});
