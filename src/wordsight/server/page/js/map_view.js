// What part of the map is seen: panned, zoomed around a point, flown to.

const STILL = matchMedia("(prefers-reduced-motion: reduce)");
const FLIGHT_MS = 550;
const LARGEST_PHOTO = 420;

export class View {
  /** `redraw` is called whenever something else is seen. */
  constructor(redraw) {
    this.redraw = redraw;
    this.size = { width: 1, height: 1 };
    this.at = { x: 0, y: 0, scale: 20 };
    this.whole = null;
    this.flight = 0;
  }

  toScreen(x, y) {
    return [(x - this.at.x) * this.at.scale + this.size.width / 2, (y - this.at.y) * this.at.scale + this.size.height / 2];
  }

  toMap(left, top) {
    return [(left - this.size.width / 2) / this.at.scale + this.at.x, (top - this.size.height / 2) / this.at.scale + this.at.y];
  }

  pan(right, down) {
    this.#set({ ...this.at, x: this.at.x - right / this.at.scale, y: this.at.y - down / this.at.scale });
  }

  /** Zoom so that what lies at that point of the screen stays there. */
  zoom(factor, left = this.size.width / 2, top = this.size.height / 2) {
    const [x, y] = this.toMap(left, top);
    const scale = this.#within(this.at.scale * factor);
    this.#set({
      scale,
      x: x - (left - this.size.width / 2) / scale,
      y: y - (top - this.size.height / 2) / scale,
    });
  }

  /** Where a box fills most of the screen. */
  fitting({ left, right, top, bottom }, most = LARGEST_PHOTO) {
    const scale = Math.min(this.size.width / (right - left), this.size.height / (bottom - top), most);
    return { x: (left + right) / 2, y: (top + bottom) / 2, scale };
  }

  flyTo(to) {
    cancelAnimationFrame(this.flight);
    if (STILL.matches) {
      return this.#set(to);
    }
    const from = this.at;
    const began = performance.now();
    const step = (now) => {
      const t = Math.min(1, (now - began) / FLIGHT_MS);
      const eased = 1 - (1 - t) ** 3;
      const mix = (name) => from[name] + (to[name] - from[name]) * eased;
      this.at = { x: mix("x"), y: mix("y"), scale: from.scale * (to.scale / from.scale) ** eased };
      this.redraw();
      if (t < 1) {
        this.flight = requestAnimationFrame(step);
      }
    };
    this.flight = requestAnimationFrame(step);
  }

  #within = (scale) => Math.min(LARGEST_PHOTO, Math.max((this.whole?.scale ?? 1) * 0.7, scale));

  #set(at) {
    cancelAnimationFrame(this.flight);
    this.at = at;
    this.redraw();
  }
}
