// Pictures for the map: small ones kept small in memory, sharp ones only while they are large.

import { relative } from "./api.js";

const SMALL = 112;
const AT_ONCE = 8;
const MOST_SHARP = 60;

export class Pictures {
  #small = new Map();
  #sharp = new Map();
  #waiting = [];
  #loading = 0;

  constructor(loaded) {
    this.loaded = loaded;
  }

  /** What can be drawn of a photo at that many pixels now; null if nothing yet. */
  of(photo, pixels) {
    if (pixels > SMALL * 1.3) {
      const sharp = this.#sharp.get(photo.id);
      if (sharp?.complete && sharp.naturalWidth) {
        return sharp;
      }
      if (!sharp) {
        this.#sharpen(photo);
      }
    }
    if (!this.#small.has(photo.id)) {
      this.#small.set(photo.id, null);
      this.#waiting.push(photo);
      this.#next();
    }
    return this.#small.get(photo.id);
  }

  #sharpen(photo) {
    const image = new Image();
    image.onload = () => this.loaded();
    image.src = relative(photo.thumbnail);
    this.#sharp.set(photo.id, image);
    if (this.#sharp.size > MOST_SHARP) {
      this.#sharp.delete(this.#sharp.keys().next().value);
    }
  }

  #next() {
    while (this.#loading < AT_ONCE && this.#waiting.length) {
      const photo = this.#waiting.shift();
      this.#loading++;
      this.#load(photo).finally(() => {
        this.#loading--;
        this.#next();
      });
    }
  }

  async #load(photo) {
    const image = new Image();
    image.src = relative(photo.thumbnail);
    try {
      await image.decode();
      const side = Math.min(image.naturalWidth, image.naturalHeight);
      const [left, top] = [(image.naturalWidth - side) / 2, (image.naturalHeight - side) / 2];
      const options = { resizeWidth: SMALL, resizeHeight: SMALL, resizeQuality: "medium" };
      this.#small.set(photo.id, await createImageBitmap(image, left, top, side, side, options));
      this.loaded();
    } catch {
      // A photo that cannot be read stays a grey square.
    }
  }
}
