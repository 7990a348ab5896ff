// Where each photo of a justified grid goes: rows as wide as the page, nothing cropped.

const NARROWEST = 0.45;
const WIDEST = 3.2;

/** The ratio at which a photo is shown: its own, unless it is a very long strip. */
export function shownRatio({ width, height }) {
  return Math.min(WIDEST, Math.max(NARROWEST, width / height || 1));
}

/**
 * Boxes for photos of these ratios, in order.
 *
 * `below` pixels are kept free under each photo, for its caption. The last row is as high as the
 * others unless it is full.
 */
export function justify(ratios, { width, rowHeight, gap, below = 0 }) {
  const boxes = [];
  let top = 0;
  let row = [];
  let sum = 0;
  const place = (height) => {
    let left = 0;
    for (const ratio of row) {
      boxes.push({ left, top, width: ratio * height, height });
      left += ratio * height + gap;
    }
    top += height + below + gap;
    row = [];
    sum = 0;
  };
  for (const ratio of ratios) {
    const before = row.length ? (width - gap * (row.length - 1)) / sum : Infinity;
    const after = (width - gap * row.length) / (sum + ratio);
    if (row.length && rowHeight - after > before - rowHeight) {
      place(before); // one photo more would squeeze the row more than its lack stretches it
    }
    row.push(ratio);
    sum += ratio;
  }
  if (row.length) {
    const full = (width - gap * (row.length - 1)) / sum;
    place(full > rowHeight * 1.25 ? rowHeight : full);
  }
  return { boxes, height: Math.max(0, top - gap) };
}
