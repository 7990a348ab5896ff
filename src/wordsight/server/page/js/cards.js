// Groups as cards, to begin with.

import { relative } from "./api.js";
import { go } from "./address.js";
import { counted, el } from "./dom.js";
import { fill } from "./groups.js";

const COVERS = 4;

export function cards(groups) {
  return el("ul", { class: "cards", "aria-label": "Groups of photos" }, groups.map(card));
}

function card(group) {
  const covers = el("span", { class: `covers of-${Math.min(COVERS, group.size)}` });
  fill(group, COVERS).then((photos) => covers.append(...photos.slice(0, COVERS).map(cover)), () => {});
  return el("li", {},
    el("a", { class: "card", href: `?group=${group.key}`, onclick: (event) => open(event, group) },
      covers,
      el("span", { class: "card-name" }, group.name),
      el("span", { class: "hint" }, counted(group.size, "photo"))));
}

const cover = (photo) => el("img", { src: relative(photo.thumbnail), alt: "", loading: "lazy", decoding: "async" });

function open(event, group) {
  if (!event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    go({ group: group.key });
  }
}
