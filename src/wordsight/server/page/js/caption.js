// A photo's caption: its words light up what the model looked at, and it can be corrected.

import * as api from "./api.js";
import { forget } from "./attention.js";
import { el } from "./dom.js";
import { updatePhoto } from "./grid.js";
import { icon } from "./icons.js";

export function caption(photo, lookAt) {
  const box = el("div", { class: "caption" });
  box.append(...reading(photo, lookAt, box));
  return box;
}

function reading(photo, lookAt, box) {
  const edit = el("button", { type: "button", class: "plain edit", title: "Correct the caption", "aria-label": "Correct the caption",
    onclick: () => write(photo, lookAt, box) }, icon("edit"));
  const text = photo.caption || "No caption";
  const mine = photo.corrected
    ? el("p", { class: "hint" }, "Corrected by hand. ", el("button", { type: "button", class: "link", onclick: () => save(photo, null, box) }, "Take back the model’s"))
    : null;
  return [
    el("h2", { id: "viewer-title", class: photo.caption ? "unseen" : "" }, text),
    photo.caption ? words(photo, lookAt) : null,
    edit,
    photo.corrected ? mine : el("p", { class: "hint" }, "Point at a word to see where the model looked."),
  ].filter(Boolean);
}

/** One stop for the Tab key; within it the arrow keys go from word to word. */
function words(photo, lookAt) {
  const all = photo.caption.split(/\s+/);
  const row = el("p", { class: "words", role: "group", "aria-label": "Words of the caption: where the model looked" });
  all.forEach((word, i) => {
    const look = () => lookAt(photo.corrected ? null : i);
    const away = () => lookAt(null);
    row.append(el("button", { type: "button", class: "word", tabIndex: i ? -1 : 0, onmouseenter: look, onmouseleave: away,
      onfocus: look, onblur: away, onclick: look, disabled: Boolean(photo.corrected) }, word), " ");
  });
  row.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const buttons = [...row.children];
    const to = buttons[buttons.indexOf(event.target) + by];
    if (by) {
      event.preventDefault();
    }
    if (by && to) {
      event.target.tabIndex = -1;
      to.tabIndex = 0;
      to.focus();
    }
  });
  return row;
}

function write(photo, lookAt, box) {
  const field = el("textarea", { value: photo.caption, rows: 3, maxLength: 500, "aria-label": "Caption", spellcheck: true });
  const back = () => {
    box.replaceChildren(...reading(photo, lookAt, box));
    box.querySelector(".edit").focus();
  };
  const form = el("form", { class: "correction", onsubmit: (event) => { event.preventDefault(); save(photo, field.value.trim(), box); } },
    field,
    el("p", { class: "error", role: "alert" }),
    el("div", { class: "actions" },
      el("button", { type: "submit", class: "button first" }, "Save"),
      el("button", { type: "button", class: "button", onclick: back }, "Cancel")));
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      back();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  box.replaceChildren(el("h2", { id: "viewer-title", class: "unseen" }, photo.caption), form);
  field.focus();
  field.select();
}

async function save(photo, text, box) {
  if (text === "") {
    box.querySelector(".error").textContent = "Say what the photo shows.";
    return;
  }
  try {
    const answer = text === null ? await api.uncorrect(photo.id) : await api.correct(photo.id, text);
    const changed = { id: photo.id, caption: text, corrected: text !== null, ...answer };
    forget(photo.id);
    updatePhoto(changed);
    document.dispatchEvent(new CustomEvent("photo-changed", { detail: changed }));
  } catch (error) {
    const place = box.querySelector(".error") ?? box.appendChild(el("p", { class: "error", role: "alert" }));
    place.textContent = error.message;
  }
}
