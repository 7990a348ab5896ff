// The near-duplicates of a photo, for which it stands among the results.

import * as api from "./api.js";
import { go } from "./address.js";
import { counted, el } from "./dom.js";

/** A heading and small pictures that open; nothing for a photo of no series. */
export function alike(photo) {
  if (!photo.in_series) {
    return null;
  }
  const part = el("section", { class: "alike", "aria-label": "Nearly the same", hidden: true });
  api.alike(photo.id).then((others) => {
    part.append(
      el("h3", {}, counted(others.length, "photo is", "photos are"), " nearly the same"),
      el("ul", {}, others.map((other) => el("li", {}, small(other)))));
    part.hidden = others.length === 0;
  }, () => {});
  return part;
}

function small(photo) {
  const image = el("img", { src: api.relative(photo.thumbnail), alt: photo.name, loading: "lazy", decoding: "async" });
  const open = () => go({ photo: photo.id }, { replace: true });
  return el("button", { type: "button", title: `${photo.name}, ${photo.width} × ${photo.height}`, onclick: open }, image);
}
