// Searching by a photo: dropped, pasted or chosen, together with what is typed.

import { go, onChange, shown } from "./address.js";
import { $, el, show } from "./dom.js";
import { icon } from "./icons.js";

const LARGEST = 1024;
const PREVIEW = 64;
const ALT = "The photo that is searched by";
const chip = $("#by-photo");
let preview = null;
let changed = () => {};

export let blob = null;
export const onPhoto = (listener) => (changed = listener);

async function take(file) {
  if (!file) {
    return;
  }
  try {
    const picture = await createImageBitmap(file);
    preview = drawn(picture);
    blob = await shrunk(picture);
  } catch {
    preview = icon("camera"); // the browser cannot draw it; the server may know its format
    blob = file;
  }
  draw();
  changed();
}

/** Small enough to send quickly, larger than the models look at. */
function shrunk(picture) {
  const scale = Math.min(1, LARGEST / Math.max(picture.width, picture.height));
  const canvas = new OffscreenCanvas(Math.ceil(picture.width * scale), Math.ceil(picture.height * scale));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas.convertToBlob({ type: "image/jpeg", quality: 0.92 });
}

function drawn(picture) {
  const canvas = el("canvas", { width: PREVIEW, height: PREVIEW, role: "img", "aria-label": ALT });
  const side = Math.min(picture.width, picture.height);
  const context = canvas.getContext("2d");
  context.drawImage(picture, (picture.width - side) / 2, (picture.height - side) / 2, side, side, 0, 0, PREVIEW, PREVIEW);
  return canvas;
}

/** The photo that is searched by, in the field; one of the collection, or one from outside. */
function draw() {
  const { like } = shown;
  const picture = blob ? preview : like !== null && el("img", { src: `api/v1/photos/${like}/thumbnail`, alt: ALT });
  show(chip, Boolean(picture));
  chip.replaceChildren(...(picture ? [picture, el("button", {
    type: "button", class: "plain", "aria-label": "Search without the photo", onclick: remove,
  }, icon("clear"))] : []));
}

function remove() {
  $("#query").focus();
  if (blob) {
    drop();
    changed();
  } else {
    go({ like: null });
  }
}

/** Forget the photo; what is shown stays. */
export function drop() {
  blob = null;
  draw();
}

onChange((names) => names.has("like") && draw());

const RAW_OR_PHONE = /\.(heic|heif|avif|dng|cr2|cr3|nef|arw|raf|orf)$/i;
const pictureIn = (transfer) => [...(transfer?.files ?? [])].find((file) => file.type.startsWith("image/") || RAW_OR_PHONE.test(file.name));

$("#choose-photo").append(icon("camera"));
$("#choose-photo").title = "Search by a photo: choose, drop or paste one";
show($("#choose-photo"));
$("#choose-photo").addEventListener("click", () => $("#photo-file").click());
$("#photo-file").addEventListener("change", (event) => {
  take(event.target.files[0]);
  event.target.value = "";
});

document.addEventListener("paste", (event) => {
  const file = pictureIn(event.clipboardData);
  if (file) {
    event.preventDefault();
    take(file);
  }
});

let inside = 0;
const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
document.addEventListener("dragenter", (event) => hasFiles(event) && (inside++, show($("#drop"))));
document.addEventListener("dragleave", (event) => hasFiles(event) && --inside <= 0 && show($("#drop"), false));
document.addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
document.addEventListener("drop", (event) => {
  inside = 0;
  show($("#drop"), false);
  if (hasFiles(event)) {
    event.preventDefault();
    take(pictureIn(event.dataTransfer));
  }
});
