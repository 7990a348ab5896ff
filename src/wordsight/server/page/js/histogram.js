// How many photos were taken when: a bar a month, or a year where there are many.

import { counted, el, style } from "./dom.js";

const MOST_MONTHS = 60;
const NAMES = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/** Bars that can be chosen; `choose` is told `2024` or `2024-02`. One stop for the Tab key. */
export function histogram(months, chosen, choose) {
  const bars = filled(months);
  const highest = Math.max(...bars.map((bar) => bar.photos));
  const buttons = bars.map((bar, i) => style(el("button", {
    type: "button", class: "bar", tabIndex: bar.period === chosen || (i === bars.length - 1 && !bars.some((one) => one.period === chosen)) ? 0 : -1,
    "aria-pressed": bar.period === chosen, "aria-label": `${bar.name}: ${counted(bar.photos, "photo")}`, title: `${bar.name}: ${counted(bar.photos, "photo")}`,
    disabled: !bar.photos, onclick: () => choose(bar.period),
  }), { "--share": bar.photos ? Math.max(0.04, Math.sqrt(bar.photos / highest)) : 0 }));
  const row = el("div", { class: "histogram", role: "group", "aria-label": "Photos by when they were taken" }, buttons);
  row.addEventListener("keydown", (event) => step(event, buttons));
  const ends = el("p", { class: "ends", "aria-hidden": "true" }, el("span", {}, bars[0].period), el("span", {}, bars.at(-1).period));
  return el("div", {}, row, ends);
}

function step(event, buttons) {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!by) {
    return;
  }
  event.preventDefault();
  let place = buttons.indexOf(event.target) + by;
  while (buttons[place]?.disabled) {
    place += by;
  }
  if (buttons[place]) {
    event.target.tabIndex = -1;
    buttons[place].tabIndex = 0;
    buttons[place].focus();
  }
}

/** A bar for each period from the first to the last, empty ones too. */
function filled(months) {
  const counts = new Map(months.map(({ month, photos }) => [month, photos]));
  const [first, last] = [months[0].month, months.at(-1).month];
  const all = [];
  for (let [year, month] = first.split("-").map(Number); ; month++) {
    if (month > 12) {
      [year, month] = [year + 1, 1];
    }
    const period = `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}`;
    all.push({ period, name: `${NAMES[month - 1]} ${year}`, photos: counts.get(period) ?? 0 });
    if (period >= last) {
      break;
    }
  }
  return all.length <= MOST_MONTHS ? all : byYear(all);
}

function byYear(months) {
  const years = new Map();
  for (const { period, photos } of months) {
    const year = period.slice(0, 4);
    years.set(year, (years.get(year) ?? 0) + photos);
  }
  return [...years].map(([period, photos]) => ({ period, name: period, photos }));
}
