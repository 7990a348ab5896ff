// Pointer, wheel, two fingers and keys over the map.

const STEP = 80;
const STILL = 5;

/** `hover` and `click` are told points of the canvas. */
export function handle(canvas, view, { hover, click }) {
  const pointers = new Map();
  let moved = 0;
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    return { left: event.clientX - box.left, top: event.clientY - box.top };
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, point(event));
    moved = pointers.size > 1 ? Infinity : 0;
  });
  canvas.addEventListener("pointermove", (event) => {
    const now = point(event);
    const before = pointers.get(event.pointerId);
    if (!before) {
      return hover(now.left, now.top);
    }
    moved += Math.hypot(now.left - before.left, now.top - before.top);
    if (pointers.size === 2) {
      pinch(view, before, now, [...pointers.entries()].find(([id]) => id !== event.pointerId)[1]);
    } else if (moved > STILL) {
      view.pan(now.left - before.left, now.top - before.top);
    }
    pointers.set(event.pointerId, now);
  });
  canvas.addEventListener("pointerup", (event) => {
    const { left, top } = point(event);
    if (pointers.delete(event.pointerId) && moved <= STILL) {
      click(left, top);
    }
  });
  canvas.addEventListener("pointercancel", (event) => pointers.delete(event.pointerId));
  canvas.addEventListener("pointerleave", () => hover(-1e6, -1e6));
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const { left, top } = point(event);
    view.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0018)), left, top);
  }, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    const moves = {
      ArrowLeft: () => view.pan(STEP, 0), ArrowRight: () => view.pan(-STEP, 0),
      ArrowUp: () => view.pan(0, STEP), ArrowDown: () => view.pan(0, -STEP),
      "+": () => view.zoom(1.4), "=": () => view.zoom(1.4), "-": () => view.zoom(1 / 1.4),
      0: () => view.flyTo(view.whole),
      Enter: () => click(view.size.width / 2, view.size.height / 2),
    };
    if (moves[event.key] && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      moves[event.key]();
    }
  });
}

function pinch(view, before, now, other) {
  const apart = (one) => Math.hypot(one.left - other.left, one.top - other.top);
  view.pan((now.left - before.left) / 2, (now.top - before.top) / 2);
  view.zoom(apart(now) / Math.max(1, apart(before)), (now.left + other.left) / 2, (now.top + other.top) / 2);
}
