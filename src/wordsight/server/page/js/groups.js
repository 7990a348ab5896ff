// Groups of photos that are alike. Where there are few groups, their cells stand for them.

import * as api from "./api.js";

const FEW = 8;

/** `[{ key, name, size, x, y, photos }]`, the largest first; some photos may not be known yet. */
export async function groups(signal) {
  const found = await api.groups(signal);
  if (found.length >= FEW) {
    return found.map((group) => ({ ...group, key: String(group.id), name: named(group) }));
  }
  return found
    .flatMap((group) => group.cells.map((cell) => ({ ...cell, key: `${group.id}-${cell.id}`, name: named(cell), photos: [] })))
    .sort((a, b) => b.size - a.size);
}

function ask(key, page, signal) {
  const [id, cell] = key.split("-");
  return api.group(id, cell, page, signal);
}

/** "Dog, grass, running" */
function named({ words, id }) {
  const name = words.slice(0, 3).join(", ");
  return name ? name[0].toUpperCase() + name.slice(1) : `Group ${id + 1}`;
}

/** A page of a group's photos; with the first page comes its name. */
export async function photosOf(key, page, signal) {
  const [answer, all] = await Promise.all([
    ask(key, page, signal),
    page.offset ? [] : groups(signal),
  ]);
  return { ...answer, group: all.find((group) => group.key === key)?.name };
}

/** Make sure that so many of a group's photos are known, or all of them. */
export async function fill(group, count) {
  if (group.photos.length < Math.min(count, group.size)) {
    group.photos = (await ask(group.key, { limit: count })).results;
  }
  return group.photos;
}
