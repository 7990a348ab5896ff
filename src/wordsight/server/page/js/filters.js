// The panel of filters: what the photos have in common, to narrow a search by. Each filter is part of
// the query as it is written, so it can be typed, shared and taken off alike.

import { go, onChange, shown } from "./address.js";
import * as api from "./api.js";
import { $, counted, el, show } from "./dom.js";
import { histogram } from "./histogram.js";
import { icon } from "./icons.js";
import { terms, withTerm, without, withoutText } from "./terms.js";

const MOST = 12;
const SHAPES = { landscape: "Wide", portrait: "Tall", square: "Square" };
const button = $("#show-filters");
const panel = $("#filters");
const chips = $("#chips");
const badge = el("span", { class: "count", hidden: true });
let stats = null;

const search = (q) => go({ q, group: null, photo: null, map: false });

/** Set a filter; where it is set so already, take it off. */
function toggle(name, value) {
  const same = terms(shown.q).find((one) => isFilter(one, name, value));
  search(same ? withoutText(shown.q, same.text) : withTerm(shown.q, name, value));
}

const isFilter = (one, name, value) =>
  one.name === name && !one.negated && one.value.toLowerCase() === value.toLowerCase();

function chip(name, value, text, count) {
  const pressed = terms(shown.q).some((one) => isFilter(one, name, value));
  return el("button", { type: "button", class: "chip", "aria-pressed": pressed, onclick: () => toggle(name, value) },
    text, count === undefined ? null : el("span", { class: "number" }, count.toLocaleString("en")));
}

function choices(title, name, all, shownAs = (value) => value) {
  if (!all.length) {
    return null;
  }
  const row = el("div", { class: "choices" }, all.slice(0, MOST).map((one) => chip(name, one.name, shownAs(one.name), one.photos)));
  if (all.length > MOST) {
    const more = () => row.replaceChildren(...all.map((one) => chip(name, one.name, shownAs(one.name), one.photos)));
    row.append(el("button", { type: "button", class: "chip more", onclick: more }, `${all.length - MOST} more`));
  }
  return section(title, row);
}

function section(title, ...children) {
  return el("section", { "aria-label": title }, el("h3", {}, title), children);
}

function dates({ dates: months, undated }) {
  if (!months.length) {
    return null;
  }
  const value = (name) => terms(shown.q).find((one) => one.name === name)?.value ?? "";
  const field = (name, label) => el("label", {}, label, el("input", {
    type: "month", value: value(name).slice(0, 7), min: months[0].month, max: months.at(-1).month,
    onchange: (event) => search(withTerm(without(shown.q, "date"), name, event.target.value)),
  }));
  const choose = (period) => search(withTerm(without(shown.q, "after", "before"), "date", value("date") === period ? "" : period));
  return section("Taken", histogram(months, value("date"), choose),
    el("div", { class: "range" }, field("after", "From"), field("before", "Before")),
    undated ? el("p", { class: "hint" }, `${counted(undated, "photo")} without a date`) : null);
}

const nameOf = (element) => element.ariaLabel ?? (element.textContent || element.parentElement.textContent);

function draw() {
  const found = terms(shown.q);
  badge.textContent = found.length;
  show(badge, found.length > 0);
  chips.replaceChildren(...found.map(({ text }) => el("li", {},
    el("button", { type: "button", class: "chip", "aria-label": `Without the filter ${text}`, onclick: () => search(withoutText(shown.q, text)) },
      text, icon("clear")))));
  show(chips, found.length > 0);
  if (!panel.hidden && stats) {
    const focused = panel.contains(document.activeElement) ? nameOf(document.activeElement) : null;
    panel.replaceChildren(
      el("div", { class: "head" }, el("h2", {}, "Filters"),
        found.length ? el("button", { type: "button", class: "chip", onclick: () => search(without(shown.q)) }, "Clear all") : null,
        el("button", { type: "button", class: "plain", "aria-label": "Close the filters", onclick: close }, icon("clear"))),
      ...[
        dates(stats),
        choices("Folders", "folder", stats.folders),
        choices("Cameras", "camera", stats.cameras),
        choices("Shape", "orientation", stats.orientations, (name) => SHAPES[name] ?? name),
      ].filter(Boolean));
    if (focused) {
      [...panel.querySelectorAll("button, input")].find((one) => nameOf(one) === focused)?.focus();
    }
  }
}

async function open() {
  show(panel);
  button.ariaExpanded = "true";
  try {
    stats = await api.stats();
  } catch (error) {
    panel.replaceChildren(el("p", { class: "hint" }, error.message));
    return;
  }
  draw();
  panel.querySelector("button")?.focus({ preventScroll: true });
}

function close() {
  show(panel, false);
  button.ariaExpanded = "false";
  button.focus();
}

button.append(icon("filters"), badge);
button.title = button.ariaLabel = "Filters";
show(button);
button.addEventListener("click", () => (panel.hidden ? open() : close()));
panel.addEventListener("keydown", (event) => event.key === "Escape" && close());
onChange(draw);
