// Painting the map: discs, the photos in them, their names.

import { spots } from "./map_layout.js";

const SIDE = 0.93; // of a photo's unit
const SMALLEST_PHOTO = 5;

export function paint(context, { view, discs, pictures, colours, hovered, chosen }) {
  const { width, height } = view.size;
  context.clearRect(0, 0, width, height);
  const seen = discs.filter((disc) => isSeen(view, disc));
  for (const disc of seen) {
    paintDisc(context, view, disc, colours, disc.group.key === chosen);
    paintPhotos(context, view, disc, pictures, colours);
  }
  if (hovered) {
    paintHovered(context, view, hovered, pictures, colours);
  }
  paintNames(context, view, seen, colours);
}

function isSeen(view, disc) {
  const [left, top] = view.toScreen(disc.x, disc.y);
  const reach = (disc.radius + 2) * view.at.scale;
  return left > -reach && top > -reach && left < view.size.width + reach && top < view.size.height + reach;
}

function paintDisc(context, view, disc, colours, chosen) {
  const [left, top] = view.toScreen(disc.x, disc.y);
  context.beginPath();
  context.arc(left, top, (disc.radius + 0.35) * view.at.scale, 0, 2 * Math.PI);
  context.fillStyle = chosen ? colours.tint : colours.sunken;
  context.fill();
}

function paintPhotos(context, view, disc, pictures, colours) {
  const pixels = SIDE * view.at.scale;
  if (pixels < SMALLEST_PHOTO) {
    return;
  }
  spots(disc.photos).forEach((spot, i) => {
    const [left, top] = view.toScreen(disc.x + spot.x, disc.y + spot.y);
    if (left < -pixels || top < -pixels || left > view.size.width + pixels || top > view.size.height + pixels) {
      return;
    }
    paintPhoto(context, disc.group.photos[i], left, top, pixels, pictures, colours);
  });
}

function paintPhoto(context, photo, left, top, pixels, pictures, colours) {
  const picture = photo && pictures.of(photo, pixels);
  context.save();
  context.beginPath();
  context.roundRect(left - pixels / 2, top - pixels / 2, pixels, pixels, Math.min(10, pixels * 0.09));
  if (picture) {
    context.clip();
    const [w, h] = [picture.naturalWidth ?? picture.width, picture.naturalHeight ?? picture.height];
    const side = Math.min(w, h);
    context.drawImage(picture, (w - side) / 2, (h - side) / 2, side, side, left - pixels / 2, top - pixels / 2, pixels, pixels);
  } else {
    context.fillStyle = photo?.colour ?? colours.line;
    context.fill();
  }
  context.restore();
}

function paintHovered(context, view, { disc, place, photo }, pictures, colours) {
  const spot = spots(disc.photos)[place];
  const [left, top] = view.toScreen(disc.x + spot.x, disc.y + spot.y);
  const pixels = Math.max(SIDE * view.at.scale * 1.12, 64);
  context.save();
  context.shadowColor = "rgb(0 0 0 / 45%)";
  context.shadowBlur = 18;
  context.fillStyle = colours.raised;
  context.beginPath();
  context.roundRect(left - pixels / 2 - 3, top - pixels / 2 - 3, pixels + 6, pixels + 6, 10);
  context.fill();
  context.restore();
  paintPhoto(context, photo, left, top, pixels, pictures, colours);
}

/** Names of larger groups first; one that would lie over another is left out. */
function paintNames(context, view, discs, colours) {
  const taken = [];
  const order = [...discs].sort((a, b) => b.group.size - a.group.size);
  context.textAlign = "center";
  context.lineJoin = "round";
  for (const disc of order) {
    const [left, edge] = view.toScreen(disc.x, disc.y + disc.radius + 0.35);
    const size = Math.min(19, Math.max(11, disc.radius * view.at.scale * 0.16));
    context.font = `600 ${size}px ${colours.font}`;
    const name = shortened(context, disc.group.name, 2.6 * disc.radius * view.at.scale);
    const half = context.measureText(name).width / 2 + 4;
    const top = edge + 4;
    const box = { left: left - half, right: left + half, top, bottom: top + size * 1.2 };
    if (taken.some((other) => box.left < other.right && box.right > other.left && box.top < other.bottom && box.bottom > other.top)) {
      continue;
    }
    taken.push(box);
    context.lineWidth = 4;
    context.strokeStyle = colours.ground;
    context.fillStyle = colours.text;
    context.strokeText(name, left, top + size);
    context.fillText(name, left, top + size);
  }
}

/** All of a name, or as many of its words as fit; the first one always. */
function shortened(context, name, room) {
  const words = name.split(", ");
  while (words.length > 1 && context.measureText(words.join(", ")).width > room) {
    words.pop();
  }
  return words.join(", ");
}
