// Asking: what the address says, page by page, the newest question only.

import * as api from "./api.js";
import { shown } from "./address.js";
import { addPhotos, photos, setPhotos } from "./grid.js";
import { $ } from "./dom.js";

const FIRST = 48;
const MOST = 1000;
let pending = new AbortController();
let asked = null;
let loading = false;
let ended = true;

/** A question to the server, or null where there is none: it takes a page and a signal. */
function question() {
  if (shown.like !== null) {
    return (page, signal) => api.similar(shown.like, page, signal);
  }
  const text = shown.q.trim();
  return text ? (page, signal) => api.searchText(text, page, signal) : null;
}

/**
 * Show the first results of what the address says.
 *
 * Returns the answer; null where there is nothing to ask. Throws what went wrong, and an
 * `AbortError` where something newer was asked meanwhile.
 */
export async function start() {
  pending.abort();
  pending = new AbortController();
  asked = question();
  ended = true;
  if (!asked) {
    return null;
  }
  $("#results").ariaBusy = "true";
  const answer = await asked({ limit: FIRST }, pending.signal);
  setPhotos(answer.results);
  ended = answer.results.length < FIRST;
  $("#results").ariaBusy = "false";
  return answer;
}

export function clear() {
  pending.abort();
  pending = new AbortController();
  ended = true;
  setPhotos([]);
}

async function more() {
  if (loading || ended) {
    return;
  }
  loading = true;
  const { signal } = pending;
  const have = photos().length;
  try {
    const limit = Math.min(MOST, have * 2);
    const answer = await asked({ limit }, signal);
    if (!signal.aborted) {
      ended = !addPhotos(answer.results.slice(have)) || answer.results.length < limit;
      ended ||= limit === MOST;
    }
  } catch {
    // The next scroll tries again; the first page's errors are the ones that are told.
  } finally {
    loading = false;
  }
}

new IntersectionObserver((entries) => entries.some((one) => one.isIntersecting) && more(), {
  rootMargin: "1200px",
}).observe($("#more"));
