// How far an indexing run has come: asked again and again while it goes on.

import * as api from "./api.js";
import { el, style } from "./dom.js";

const EVERY_MS = 1000;
const STAGES = { list: "Listing the files", cluster: "Arranging the photos", read: "Reading when and where they were taken",
  glance: "Looking at photos again", compare: "Comparing the photos with each other" };

export function progress(run) {
  const known = run.stage === "describe" && run.total > 0;
  const bar = el("div", { class: "progress", role: "progressbar", "aria-label": "Indexing",
    "aria-valuemax": String(run.total), "aria-valuenow": known ? String(run.done) : null });
  style(bar, { "--share": `${known ? (100 * run.done) / run.total : 0}%` });
  return el("div", { class: "indexing" }, bar, el("p", { class: "hint" }, told(run, known)));
}

function told(run, known) {
  const parts = [known ? `${run.done.toLocaleString("en")} of ${run.total.toLocaleString("en")} files looked at` : STAGES[run.stage] ?? "Indexing"];
  if (known && run.rate) {
    parts.push(`${run.rate < 10 ? run.rate.toFixed(1) : Math.round(run.rate)} a second`);
  }
  if (known && run.seconds_left) {
    parts.push(`${duration(run.seconds_left)} left`);
  }
  if (run.failed) {
    parts.push(`${run.failed.toLocaleString("en")} could not be read`);
  }
  return parts.join(" · ");
}

const duration = (seconds) => (seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`);

/**
 * Keep what `progress` made up to date while it is on the page.
 *
 * `changed` is called when there is something new to show: a run began or ended, or there are twice
 * as many photos as when the page had these `stats`.
 */
export function watch(place, stats, changed) {
  setTimeout(async () => {
    if (!place.isConnected || place.hidden) {
      return;
    }
    const now = await api.stats().catch(() => stats);
    const running = place.querySelector(".indexing");
    if (!place.isConnected || place.hidden) {
      return;
    }
    const begins = Boolean(now.indexing) !== Boolean(stats.indexing);
    if (begins || (now.photos > stats.photos && now.photos >= 2 * stats.photos)) {
      return changed();
    }
    if (running && now.indexing) {
      running.replaceWith(progress(now.indexing));
    }
    watch(place, stats, changed);
  }, EVERY_MS);
}
