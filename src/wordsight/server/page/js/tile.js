// One photo in the grid: a link that opens it, its caption and score over its lower edge.

import { el, style } from "./dom.js";
import { relative } from "./api.js";
import { shownRatio } from "./justify.js";

export function makeTile(photo) {
  const image = el("img", {
    alt: photo.caption || "A photo without a caption",
    decoding: "async",
    loading: "lazy",
    draggable: false,
    src: relative(photo.thumbnail),
    onload: () => link.classList.add("loaded"),
    onerror: () => link.classList.add("broken"),
  });
  const caption = el("span", { class: "tile-caption" }, photo.caption);
  const score = el("span", { class: "tile-score", title: "How alike query and photo are, up to 1" });
  const others = el("span", { class: "tile-alike", "aria-hidden": "true" });
  const link = el("a", { tabIndex: -1 }, image, others);
  const text = el("p", { "aria-hidden": "true" }, caption, score);
  const item = el("li", { class: "tile" }, link, text);
  if (photo.colour) {
    style(item, { "--colour": photo.colour });
  }
  item.ratio = shownRatio(photo);
  return update(item, photo);
}

/** The same photo as found by another query, or with another caption. */
export function update(item, photo) {
  item.photo = photo;
  const caption = photo.caption || "A photo without a caption";
  item.querySelector("img").alt = photo.alike ? `${caption}, and ${photo.alike} more nearly the same` : caption;
  item.querySelector(".tile-alike").textContent = photo.alike ? `+${photo.alike}` : "";
  item.querySelector(".tile-caption").textContent = photo.caption;
  item.querySelector(".tile-score").textContent = photo.score?.toFixed(2) ?? "";
  return item;
}

export function place(item, box) {
  style(item, {
    "--left": `${box.left.toFixed(2)}px`,
    "--top": `${box.top.toFixed(2)}px`,
    "--width": `${box.width.toFixed(2)}px`,
    "--height": `${box.height.toFixed(2)}px`,
  });
}
