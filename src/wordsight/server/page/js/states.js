// What is said where there are no photos to show, and above those that there are.

import * as api from "./api.js";
import { $, counted, el, show } from "./dom.js";
import { clear } from "./search.js";

const message = $("#message");
const place = $("#state");
let timer = 0;

function reset(text) {
  clearTimeout(timer);
  message.textContent = text;
  place.replaceChildren();
  show(place, false);
  show($("#notice"), false);
}

function tell(...children) {
  place.replaceChildren(...children);
  show(place);
}

export function found({ results }) {
  reset(results.length ? `${counted(results.length, "photo")}, the best first` : "Nothing found");
}

export async function welcome() {
  const { photos } = await api.stats();
  reset(`${counted(photos, "photo")} can be found here.`);
}

/** Say what went wrong; `again` is called when it may be over. */
export function explain(error, again) {
  if (error.name === "AbortError") {
    return;
  }
  if (error instanceof api.Offline) {
    return offline(again);
  }
  clear();
  reset("");
  tell(el("h2", {}, "That did not work"), el("p", {}, error.message));
}

function offline(again) {
  reset("");
  const notice = $("#notice");
  notice.textContent = "The server does not answer. Is it still running? Trying again…";
  show(notice);
  timer = setTimeout(again, 2000);
}
