// Asking: what the address says, page by page, the newest question only.

import * as api from "./api.js";
import { shown } from "./address.js";
import * as byPhoto from "./photo_query.js";
import { addPhotos, photos, setPhotos } from "./grid.js";
import { photosOf } from "./groups.js";
import { $ } from "./dom.js";

const PAGE = 48;
const MOST = 1000;
let pending = new AbortController();
let asked = null;
let loading = false;
let ended = true;

/** A question to the server, or null where there is none: it takes a page and a signal. */
function question() {
  const { q, like, group } = shown;
  const text = q.trim();
  if (byPhoto.blob) {
    return (page, signal) => api.searchPhoto(byPhoto.blob, text, page, signal);
  }
  if (like !== null) {
    return (page, signal) => api.similar(like, text, page, signal);
  }
  if (group !== null) {
    return (page, signal) => photosOf(group, page, signal);
  }
  return text ? (page, signal) => api.searchText(text, page, signal) : null;
}

/**
 * Show the first results of what the address says.
 *
 * Returns the answer; null where there is nothing to ask. Throws what went wrong, and an
 * `AbortError` where something newer was asked meanwhile.
 */
export async function start() {
  stop();
  asked = question();
  if (!asked) {
    return null;
  }
  const { signal } = pending;
  $("#results").ariaBusy = "true";
  try {
    const answer = await asked({ limit: PAGE }, signal);
    setPhotos(answer.results);
    ended = !answer.more;
    return answer;
  } finally {
    $("#results").ariaBusy = String(signal.aborted);
  }
}

/** Ask no more of what is asked now. */
export function stop() {
  pending.abort();
  pending = new AbortController();
  ended = true;
}

async function more() {
  const offset = photos().length;
  if (loading || ended || offset >= MOST) {
    return;
  }
  loading = true;
  const { signal } = pending;
  try {
    const answer = await asked({ limit: Math.min(PAGE, MOST - offset), offset }, signal);
    if (!signal.aborted) {
      ended = !addPhotos(answer.results) || !answer.more;
    }
  } catch {
    // Scrolling on tries again; what went wrong with the first page is what is told.
  } finally {
    loading = false;
  }
}

const watcher = new IntersectionObserver((entries) => entries.some((one) => one.isIntersecting) && again(), {
  rootMargin: "1500px",
});
watcher.observe($("#more"));

/** Load until the end of the photos is far below again. */
async function again() {
  await more();
  watcher.unobserve($("#more"));
  watcher.observe($("#more")); // tells anew whether it is near
}
