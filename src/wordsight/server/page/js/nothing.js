// Why nothing was found: which filter hides what would be there.

import * as api from "./api.js";
import { go, shown } from "./address.js";
import { counted, el } from "./dom.js";
import { terms, withoutText } from "./terms.js";

export function nothingFound() {
  const found = terms(shown.q);
  const ways = el("ul", { class: "ways" });
  const text = found.length > 1
    ? "No photo passes all of these filters. Without one of them:"
    : found.length ? "No photo passes the filter." : "There are no photos that could be compared with this.";
  for (const { text: written } of found) {
    offer(ways, written);
  }
  return el("div", { class: "middle" }, el("h2", {}, "Nothing found"), el("p", {}, text), ways);
}

/** A button that takes a filter off, with what that would find. */
async function offer(list, written) {
  const rest = withoutText(shown.q, written);
  const button = el("button", { type: "button", class: "button", onclick: () => go({ q: rest }) }, `Without ${written}`);
  list.append(el("li", {}, button));
  const answer = rest && (await api.searchText(rest, { limit: 100 }).catch(() => null));
  if (answer) {
    button.append(el("span", { class: "number" }, answer.more ? "over 100 photos" : counted(answer.results.length, "photo")));
  }
}
