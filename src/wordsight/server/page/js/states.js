// What is said above the photos, and where there are none.

import * as api from "./api.js";
import { shown } from "./address.js";
import { $, counted, el, show } from "./dom.js";
import { setPhotos } from "./grid.js";
import { cards } from "./cards.js";
import { groups } from "./groups.js";
import { progress, watch } from "./indexing.js";
import { nothingFound } from "./nothing.js";

const CARDS = 24;
const TRY_MS = 2000;
const place = $("#state");
let timer = 0;

/** Say this and nothing else. */
export function say(text, ...children) {
  clearTimeout(timer);
  $("#message").textContent = text;
  place.replaceChildren(...children);
  show(place, children.length > 0);
  show($("#notice"), false);
}

export function found({ results, more, group, size, order, notes = [] }) {
  if (!results.length) {
    return say("Nothing found", nothingFound());
  }
  if (group !== undefined) {
    return say(`${counted(size, "photo")} of “${group}”, the most typical first`);
  }
  const what = shown.like === null ? "" : " like that one";
  const first = order === "newest" ? "the newest first" : "the best first";
  const told = notes.map((note) => `${note[0].toUpperCase()}${note.slice(1)}. `).join("");
  say(`${told}${more ? "Photos" : counted(results.length, "photo")}${what}, ${first}`);
}

/** The start page: groups to begin with, or how to index, or how far that has come. */
export async function welcome(again) {
  const stats = await api.stats();
  if (!stats.photos) {
    say("", stats.indexing ? beginning(stats.indexing) : nothingIndexed());
  } else {
    const count = `${counted(stats.photos, "photo")} can be found here`;
    say(count);
    const all = await groups().catch(() => []);
    if ($("#message").textContent !== count) {
      return; // something was asked meanwhile
    }
    const run = stats.indexing ? progress(stats.indexing) : null;
    say(`${count}. Describe one, or begin with a group.`, el("div", { class: "beginning" }, run, cards(all.slice(0, CARDS))));
  }
  watch(place.firstElementChild, stats, again);
}

function nothingIndexed(why = "Let wordsight look at a folder of yours. The photos stay where they are, and nothing leaves this machine.") {
  return el("div", { class: "middle" },
    el("h2", {}, "No photos here yet"),
    el("p", {}, why),
    el("p", {}, el("code", { class: "command" }, "wordsight index ~/Pictures")),
    el("p", { class: "hint" }, "This page shows how far it has come as soon as it begins."));
}

function beginning(run) {
  return el("div", { class: "middle" },
    el("h2", {}, "Looking at your photos"),
    progress(run),
    el("p", { class: "hint" }, "The first ones can be searched as soon as they are described."));
}

/** Say what went wrong; `again` is called when it may be over. */
export function explain(error, again) {
  if (error.name === "AbortError") {
    return;
  }
  if (error instanceof api.Offline) {
    offline(again);
  } else if (error.status === 409) {
    setPhotos([]);
    say("", nothingIndexed(`${error.message[0].toUpperCase()}${error.message.slice(1)}.`));
    timer = setTimeout(again, TRY_MS);
  } else if (error.status === 429 || error.status === 503) {
    say(error.message);
    timer = setTimeout(again, 1000 * (Number(error.retryAfter) || 1));
  } else {
    setPhotos([]);
    say("", el("div", { class: "middle" }, el("h2", {}, "That cannot be searched"), el("p", {}, error.message)));
  }
}

/** The photos stay; the server is tried until it is back. */
function offline(again) {
  clearTimeout(timer);
  $("#notice").textContent = "The server does not answer. Is it still running? Trying again…";
  show($("#notice"));
  timer = setTimeout(again, TRY_MS);
}
