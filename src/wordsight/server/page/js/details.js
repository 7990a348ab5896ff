// The panel beside a photo: caption, why it was found, facts to filter by, what to do next.

import { go, shown } from "./address.js";
import { alike as nearlyTheSame } from "./alike.js";
import { relative } from "./api.js";
import { caption } from "./caption.js";
import { counted, el } from "./dom.js";
import { icon } from "./icons.js";
import { withTerm } from "./terms.js";
import { why } from "./why.js";

export function details(photo, lookAt) {
  return [
    caption(photo, lookAt),
    why(photo, shown.q),
    actions(photo),
    nearlyTheSame(photo),
    el("dl", { class: "facts" }, facts(photo).flat()),
  ].filter(Boolean);
}

function actions(photo) {
  const copied = (event) => {
    navigator.clipboard?.writeText(location.href);
    event.currentTarget.lastChild.textContent = "Copied";
  };
  return el("div", { class: "actions" },
    el("button", { type: "button", class: "button", onclick: () => alike(photo) }, icon("like"), "More like this"),
    el("a", { class: "button", href: relative(photo.url ?? photo.image), target: "_blank", rel: "noreferrer" },
      icon("open"), "Open the file"),
    el("button", { type: "button", class: "button", onclick: copied }, icon("copy"), el("span", {}, "Copy link")));
}

const alike = (photo) => go({ like: photo.id, photo: null, q: "", group: null, map: false });

/** Narrow the search to what this photo shares with others. */
const narrow = (name, value) => () =>
  go({ q: withTerm(shown.q, name, value), group: null, photo: null, map: false });

function filter(name, value, text) {
  return el("button", { type: "button", class: "fact", title: `Only photos with ${name}:${value}`, onclick: narrow(name, value) }, text);
}

function facts(photo) {
  const rows = [];
  const add = (name, ...values) => rows.push([el("dt", {}, name), el("dd", {}, ...values)]);
  if (photo.taken_at) {
    add("Taken", ...taken(photo.taken_at));
  }
  if (photo.camera) {
    add("Camera", filter("camera", photo.camera, photo.camera));
  }
  if (photo.lens) {
    add("Lens", photo.lens);
  }
  if (photo.folder) {
    add("Folder", filter("folder", photo.folder, photo.folder));
  }
  if (photo.certainty != null) {
    add("Caption", el("span", { title: "How likely it names nothing but what people would name" },
      `${Math.round(100 * photo.certainty)} % certain`));
  }
  add("File", photo.name, ...(photo.copies > 1 ? [`, ${counted(photo.copies, "copy", "copies")}`] : []));
  add("Size", `${photo.width} × ${photo.height}`);
  if (photo.rating > 0) {
    add("Rating", "★".repeat(photo.rating));
  }
  if (photo.keywords?.length) {
    add("Keywords", photo.keywords.join(", "));
  }
  return rows;
}

function taken(at) {
  const date = new Date(at);
  const month = at.slice(0, 7);
  const day = date.toLocaleDateString("en", { weekday: "long", day: "numeric", month: "long", year: "numeric" });
  return [filter("date", month, day), `, ${date.toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit", hour12: false })}`];
}
