// Where the model looked: the photo is darkened elsewhere while a word of its caption is pointed at.

import * as api from "./api.js";

const SIDE = 256;
const DARKEST = 0.82;
const known = new Map();

/** Show the map of a word over the photo; `null` clears it. Resolves to false if there is no map. */
export function attentionOver(canvas, photo) {
  return async (place) => {
    canvas.dataset.wanted = `${photo.id} ${place}`;
    if (place === null) {
      canvas.classList.remove("shown");
      return true;
    }
    const maps = await mapsOf(photo);
    if (canvas.dataset.wanted !== `${photo.id} ${place}`) {
      return true; // another word is pointed at by now
    }
    const cells = maps?.[place];
    if (!cells) {
      return false;
    }
    draw(canvas, cells, photo.width / photo.height);
    canvas.classList.add("shown");
    return true;
  };
}

export const forget = (id) => known.delete(id);

function mapsOf({ id }) {
  if (!known.has(id)) {
    known.set(id, api.attention(id).catch(() => {
      known.delete(id);
      return null;
    }));
  }
  return known.get(id);
}

/** The canvas has the photo's ratio, so that both fit into their box alike. */
function draw(canvas, rows, ratio) {
  canvas.width = ratio > 1 ? SIDE : Math.round(SIDE * ratio);
  canvas.height = ratio > 1 ? Math.round(SIDE / ratio) : SIDE;
  const [least, most] = [Math.min(...rows.flat()), Math.max(...rows.flat())];
  const small = new OffscreenCanvas(rows[0].length, rows.length);
  const pixels = new ImageData(small.width, small.height);
  rows.flat().forEach((value, i) => {
    pixels.data[4 * i + 3] = 255 * DARKEST * (1 - (most > least ? (value - least) / (most - least) : 0));
  });
  small.getContext("2d").putImageData(pixels, 0, 0);
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(small, 0, 0, canvas.width, canvas.height);
}
