// What is said above the photos, and where there are none.

import * as api from "./api.js";
import { shown } from "./address.js";
import { $, counted, el, show, style } from "./dom.js";
import { photos, setPhotos } from "./grid.js";
import { cards } from "./cards.js";
import { groups } from "./groups.js";
import { nothingFound } from "./nothing.js";

const CARDS = 24;
const WATCH_MS = 1500;
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

export function found({ results, more, group, size }) {
  if (!results.length) {
    return say("Nothing found", nothingFound());
  }
  if (group !== undefined) {
    return say(`${counted(size, "photo")} of “${group}”, the most typical first`);
  }
  const what = shown.like === null ? "" : " like that one";
  say(`${more ? "Photos" : counted(results.length, "photo")}${what}, the best first`);
}

/** The start page: groups to begin with, or how to index, or how far that has come. */
export async function welcome(again) {
  const stats = await api.stats();
  if (stats.indexing && !stats.photos) {
    return indexing(stats, again);
  }
  if (!stats.photos) {
    return nothingIndexed(again);
  }
  say(`${counted(stats.photos, "photo")} can be found here`);
  const all = await groups();
  if (shown.q || shown.map || shown.group !== null || photos().length) {
    return; // something was asked meanwhile
  }
  const beginning = el("div", { class: "beginning" }, stats.indexing ? progress(stats) : null, cards(all.slice(0, CARDS)));
  say(`${counted(stats.photos, "photo")} can be found here. Describe one, or begin with a group.`, beginning);
  if (stats.indexing) {
    watch(again);
  }
}

function watch(again) {
  timer = setTimeout(again, WATCH_MS);
}

function nothingIndexed(again) {
  say("",
    el("div", { class: "middle" },
      el("h2", {}, "No photos here yet"),
      el("p", {}, "Let wordsight look at a folder of yours. The photos stay where they are, and nothing leaves this machine."),
      el("p", {}, el("code", { class: "command" }, "wordsight index ~/Pictures")),
      el("p", { class: "hint" }, "This page shows how far it has come as soon as it begins.")));
  watch(again);
}

function indexing(stats, again) {
  say("", el("div", { class: "middle" }, el("h2", {}, "Looking at your photos"), progress(stats),
    el("p", { class: "hint" }, "The first ones can be searched as soon as they are described.")));
  watch(again);
}

function progress({ indexing: run }) {
  const bar = el("div", { class: "progress", role: "progressbar", "aria-label": "Indexing", "aria-valuemin": "0",
    "aria-valuemax": String(run.total || 0), "aria-valuenow": run.total ? String(run.done) : null });
  style(bar, { "--share": run.total ? `${(100 * run.done) / run.total}%` : "0%" });
  const parts = [run.total ? `${run.done.toLocaleString("en")} of ${run.total.toLocaleString("en")} files` : "Listing the files"];
  if (run.rate) {
    parts.push(`${Math.round(run.rate)} a second`);
  }
  if (run.seconds_left) {
    parts.push(`${duration(run.seconds_left)} left`);
  }
  if (run.failed) {
    parts.push(`${run.failed.toLocaleString("en")} failed`);
  }
  return el("div", {}, bar, el("p", { class: "hint" }, parts.join(" · ")));
}

const duration = (seconds) => (seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`);

/** Say what went wrong; `again` is called when it may be over. */
export function explain(error, again) {
  if (error.name === "AbortError") {
    return;
  }
  if (error instanceof api.Offline) {
    offline(again);
  } else if (error.status === 409) {
    setPhotos([]);
    nothingIndexed(again);
    place.querySelector("p").textContent = `${error.message[0].toUpperCase()}${error.message.slice(1)}.`;
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
