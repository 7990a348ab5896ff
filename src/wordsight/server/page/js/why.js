// Why a photo was found: how alike the query is to its picture and to its caption.

import { el, style } from "./dom.js";

const CLEARLY = 0.08;
const SMALL_WORDS = new Set("a an the in on of at to is are and with by for two".split(" "));

export function why(photo, query) {
  if (!photo.score) {
    return el("div", {}); // not found by a search, or by filters alone
  }
  const bars = [["All together", photo.score], ["Its picture", photo.picture_score], ["Its caption", photo.caption_score], ["Its words", photo.words_score || NaN]]
    .filter(([, value]) => Number.isFinite(value));
  return el("section", { class: "why", "aria-label": "Why it was found" },
    el("h3", {}, "Why it was found"),
    el("p", {}, reason(photo, query), likely(photo)),
    el("dl", { class: "bars" }, bars.flatMap(([name, value]) => bar(name, value))));
}

function bar(name, value) {
  const filled = style(el("span", { class: "bar" }), { "--share": `${Math.max(0, Math.min(1, value)) * 100}%` });
  return [el("dt", {}, name), el("dd", {}, filled, value.toFixed(2))];
}

function reason({ caption, caption_score: said, picture_score: seen }, query) {
  const shared = sharedWords(caption ?? "", query);
  const words = shared.length ? ` The caption says ${shared.map((word) => `“${word}”`).join(", ")}.` : "";
  if (seen - said > CLEARLY) {
    return `Mostly by what the picture shows.${words}`;
  }
  if (said - seen > CLEARLY) {
    return `Mostly by what its caption says.${words}`;
  }
  return `By its picture and its caption alike.${words}`;
}

const MATCHES = { strong: "a strong match", weak: "a weak match", none: "hardly what was meant" };

function likely({ match, likelihood }) {
  return match ? ` ${Math.round(100 * likelihood)} % likely: ${MATCHES[match]}.` : "";
}

function sharedWords(caption, query) {
  const said = new Set(caption.toLowerCase().match(/[a-z]+/g));
  const asked = query.toLowerCase().match(/[a-z]+/g) ?? [];
  return [...new Set(asked)].filter((word) => said.has(word) && !SMALL_WORDS.has(word));
}
