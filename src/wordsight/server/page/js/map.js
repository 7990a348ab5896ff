// The map of the collection: groups of photos that are alike, to wander through.

import { go, shown } from "./address.js";
import { $, counted, el } from "./dom.js";
import { fill, groups } from "./groups.js";
import { icon } from "./icons.js";
import { paint } from "./map_drawing.js";
import { handle } from "./map_input.js";
import { MOST_PHOTOS, bounds, layOutGroups, spots } from "./map_layout.js";
import { Pictures } from "./map_pictures.js";
import { View } from "./map_view.js";
import { follow } from "./sequence.js";

const LARGE = 18; // pixels of a group's radius from which on all of its photos are shown
const section = $("#map");
const canvas = el("canvas", { tabIndex: 0, role: "img", "aria-label": "Map of the groups. Arrow keys move it, + and − zoom, 0 shows all; the list beside it holds the same groups." });
const list = el("ol", { class: "map-groups", "aria-label": "Groups" });
const view = new View(redraw);
const pictures = new Pictures(redraw);
let discs = [];
let hovered = null;
let frame = 0;
let loading = false;
let colours = {};

section.append(canvas,
  el("div", { class: "map-tools" },
    tool("plus", "Zoom in", () => view.zoom(1.6)),
    tool("minus", "Zoom out", () => view.zoom(1 / 1.6)),
    tool("map", "Show all", () => view.flyTo(view.whole))),
  list);

function tool(name, label, onclick) {
  return el("button", { type: "button", class: "tool", "aria-label": label, title: label, onclick }, icon(name));
}

/** Show the map, and on it the group that the address names. */
export async function open() {
  measure();
  if (!discs.length) {
    discs = layOutGroups(await groups(), view.size.width / view.size.height);
    list.replaceChildren(...discs.map(item));
  }
  view.whole = discs.length ? view.fitting(bounds(discs)) : view.at;
  view.at = view.whole;
  redraw();
  follow(() => discs.find(({ group }) => group.key === shown.group)?.group.photos ?? discs.flatMap(({ group }) => group.photos));
  return discs.reduce((sum, { group }) => sum + group.size, 0);
}

/** Fly to the group that the address names. */
export function choose() {
  const disc = discs.find(({ group }) => group.key === shown.group);
  for (const button of list.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.dataset.group === shown.group));
  }
  view.flyTo(disc ? view.fitting(bounds([disc])) : view.whole);
  if (disc) {
    load(disc);
  }
}

/** All photos of a group that the map has room for. */
async function load(disc) {
  disc.loaded = true;
  await fill(disc.group, MOST_PHOTOS);
  redraw();
}

function item({ group }) {
  return el("li", {},
    el("button", { type: "button", "aria-pressed": "false", "data-group": group.key, onclick: () => go({ group: shown.group === group.key ? null : group.key }) },
      el("span", {}, group.name), el("span", { class: "number" }, group.size.toLocaleString("en"))),
    el("a", { href: `?group=${group.key}`, "aria-label": `${group.name}: ${counted(group.size, "photo")} as a list`,
      onclick: (event) => { event.preventDefault(); go({ group: group.key, map: false }); } }, "Open"));
}

function measure() {
  const { width, height } = canvas.getBoundingClientRect();
  const ratio = devicePixelRatio;
  view.size = { width, height };
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  canvas.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
  const probe = el("span", { hidden: true });
  section.append(probe);
  for (const name of ["ground", "raised", "sunken", "text", "line", "tint"]) {
    probe.style.color = `var(--${name})`;
    colours[name] = getComputedStyle(probe).color;
  }
  colours.font = getComputedStyle(section).fontFamily;
  probe.remove();
}

function redraw() {
  cancelAnimationFrame(frame);
  frame = requestAnimationFrame(() => {
    paint(canvas.getContext("2d"), { view, discs, pictures, colours, hovered, chosen: shown.group });
    loadMore();
  });
}

/** Fill the groups that are large on the screen, one after the other. */
async function loadMore() {
  const { width, height } = view.size;
  const next = discs.find((disc) => {
    const [left, top] = view.toScreen(disc.x, disc.y);
    const inside = left > 0 && top > 0 && left < width && top < height;
    return inside && !disc.loaded && disc.radius * view.at.scale > LARGE;
  });
  if (next && !loading) {
    loading = true;
    await load(next).catch(() => {});
    loading = false;
    redraw();
  }
}

/** The group at a point of the screen, and the photo in it. */
function under(left, top) {
  const [x, y] = view.toMap(left, top);
  const disc = discs.find((one) => Math.hypot(one.x - x, one.y - y) < one.radius + 0.35);
  const place = disc ? spots(disc.photos).findIndex((spot) => Math.abs(disc.x + spot.x - x) < 0.5 && Math.abs(disc.y + spot.y - y) < 0.5) : -1;
  return { disc, place, photo: disc?.group.photos[place] };
}

handle(canvas, view, {
  hover(left, top) {
    const found = under(left, top);
    hovered = found.photo && view.at.scale > 18 ? found : null;
    canvas.title = hovered ? hovered.photo.caption : found.disc?.group.name ?? "";
    canvas.classList.toggle("over", Boolean(found.disc));
    redraw();
  },
  click(left, top) {
    const { disc, photo } = under(left, top);
    if (photo && view.at.scale > 34) {
      go({ photo: photo.id });
    } else {
      go({ group: disc?.group.key ?? null });
    }
  },
});

new ResizeObserver(() => {
  if (!section.hidden) {
    measure();
    view.whole = discs.length ? view.fitting(bounds(discs)) : view.at;
    redraw();
  }
}).observe(section);
document.addEventListener("theme-changed", () => { measure(); redraw(); });
