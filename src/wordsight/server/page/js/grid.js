// The justified grid: tiles are kept while one types, so that photos found again do not flicker.

import { $, show, style } from "./dom.js";
import { justify } from "./justify.js";
import { makeTile, place, update } from "./tile.js";
import { addressOfPhoto } from "./address.js";

const list = $("#results");
let tiles = [];
let current = 0;

export const photos = () => tiles.map((tile) => tile.photo);

export function setPhotos(found) {
  const known = new Map(tiles.map((tile) => [tile.photo.id, tile]));
  tiles = found.map((photo) => {
    const tile = known.get(photo.id);
    return tile ? update(tile, photo) : makeTile(photo);
  });
  list.replaceChildren(...tiles);
  current = 0;
  settle();
}

export function addPhotos(found) {
  const known = new Set(tiles.map((tile) => tile.photo.id));
  const fresh = found.filter((photo) => !known.has(photo.id)).map(makeTile);
  tiles.push(...fresh);
  list.append(...fresh);
  settle();
  return fresh.length;
}

/** Show what changed of a photo, its caption say. */
export function updatePhoto(photo) {
  const tile = tiles.find((one) => one.photo.id === photo.id);
  if (tile) {
    update(tile, { ...tile.photo, ...photo });
  }
}

function settle() {
  show(list, tiles.length > 0);
  for (const [i, tile] of tiles.entries()) {
    const link = tile.firstChild;
    link.href = addressOfPhoto(tile.photo.id);
    link.tabIndex = i === current ? 0 : -1;
  }
  layOut();
}

export function layOut() {
  const width = list.clientWidth;
  if (!width) {
    return;
  }
  const styles = getComputedStyle(list);
  const pixels = (name) => parseFloat(styles.getPropertyValue(name));
  const { boxes, height } = justify(
    tiles.map((tile) => tile.ratio),
    { width, rowHeight: pixels("--row"), gap: pixels("--gap"), below: pixels("--below") },
  );
  tiles.forEach((tile, i) => place(tile, boxes[i]));
  style(list, { "--all": `${height}px` });
}

new ResizeObserver(() => requestAnimationFrame(layOut)).observe(list);

export function focusTile(i, options) {
  if (!tiles.length) {
    return;
  }
  tiles[current]?.firstChild.setAttribute("tabindex", "-1");
  current = Math.min(tiles.length - 1, Math.max(0, i));
  const link = tiles[current].firstChild;
  link.tabIndex = 0;
  link.focus(options);
  tiles[current].scrollIntoView({ block: "nearest" });
}

export const focusPhoto = (id) =>
  focusTile(Math.max(0, tiles.findIndex((tile) => tile.photo.id === id)));

list.addEventListener("focusin", (event) => {
  const i = tiles.indexOf(event.target.closest(".tile"));
  if (i >= 0 && i !== current) {
    tiles[current].firstChild.tabIndex = -1;
    current = i;
    tiles[i].firstChild.tabIndex = 0;
  }
});

list.addEventListener("keydown", (event) => {
  const moves = { ArrowLeft: () => current - 1, ArrowRight: () => current + 1,
    ArrowUp: () => across(-1), ArrowDown: () => across(1), Home: () => 0, End: () => tiles.length - 1 };
  if (moves[event.key] && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    const target = moves[event.key]();
    if (target < 0 && event.key === "ArrowUp") {
      $("#query").focus();
    } else {
      focusTile(target);
    }
  }
});

/** The tile in the next row (or the one before) that lies most nearly below (above). */
function across(direction) {
  const here = tiles[current].getBoundingClientRect();
  const middle = here.left + here.width / 2;
  let best = -1;
  let distance = Infinity;
  let row = null;
  for (let i = current + direction; i >= 0 && i < tiles.length; i += direction) {
    const box = tiles[i].getBoundingClientRect();
    if (Math.abs(box.top - here.top) < 1) {
      continue;
    }
    row ??= box.top;
    if (Math.abs(box.top - row) > 1) {
      break;
    }
    const away = Math.abs(box.left + box.width / 2 - middle);
    if (away < distance) {
      [best, distance] = [i, away];
    }
  }
  return best < 0 ? (direction < 0 ? -1 : current) : best;
}
