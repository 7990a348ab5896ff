// The page: what the address says is shown; what one does changes the address.

import "./theme.js";
import "./keys.js";
import "./field.js";
import "./captions.js";
import "./filters.js";
import * as address from "./address.js";
import * as byPhoto from "./photo_query.js";
import * as states from "./states.js";
import { $, counted, show } from "./dom.js";
import { icon } from "./icons.js";
import { focusPhoto, photos, setPhotos } from "./grid.js";
import { start, stop } from "./search.js";
import { follow } from "./sequence.js";

const { shown } = address;
const mapButton = $("#show-map");
let map = null;
let viewer = null;

async function showPhotos() {
  show($("#map"), false);
  show($("#more"));
  follow(photos);
  try {
    const answer = await start();
    if (answer) {
      states.found(answer);
    } else {
      setPhotos([]);
      await states.welcome(showPhotos);
    }
  } catch (error) {
    states.explain(error, showPhotos);
  }
}

async function showMap() {
  stop();
  setPhotos([]);
  show($("#more"), false);
  try {
    map ??= await import("./map.js");
    states.say("");
    show($("#map"));
    const count = await map.open();
    states.say(`${counted(count, "photo")} in groups: zoom in, or choose one from the list`);
    map.choose();
  } catch (error) {
    show($("#map"), false);
    states.explain(error, showMap);
  }
}

async function showPhoto() {
  if (shown.photo !== null || viewer) {
    viewer ??= await import("./viewer.js");
    viewer.follow();
  }
}

address.onChange((changed) => {
  mapButton.setAttribute("aria-pressed", shown.map);
  document.title = shown.q.trim() ? `${shown.q} – wordsight` : "wordsight";
  const searched = ["q", "like", "group", "map"].some((name) => changed.has(name));
  if (searched || changed.has("start")) {
    if (searched && !changed.has("start") && !changed.has("q")) {
      byPhoto.drop();
    }
    if (!shown.map) {
      showPhotos();
    } else if (map && changed.has("group") && !changed.has("map")) {
      map.choose();
    } else {
      showMap();
    }
  }
  if (changed.has("photo")) {
    showPhoto();
  }
});

byPhoto.onPhoto(() => {
  if (shown.map || shown.like !== null || shown.group !== null) {
    history.pushState(null, "", address.addressOf({ ...shown, like: null, group: null, map: false }));
    Object.assign(shown, { like: null, group: null, map: false });
  }
  showPhotos();
});

mapButton.append(icon("map"));
mapButton.title = mapButton.ariaLabel = "Map of the collection";
show(mapButton);
mapButton.addEventListener("click", () =>
  address.go({ map: !shown.map, group: null, like: null, photo: null }));

$(".name").addEventListener("click", (event) => {
  event.preventDefault();
  if (byPhoto.blob) {
    byPhoto.drop();
    showPhotos();
  }
  address.go({ q: "", like: null, group: null, photo: null, map: false });
});

$("#results").addEventListener("click", (event) => {
  const tile = event.target.closest(".tile");
  if (tile && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    address.go({ photo: tile.photo.id });
  }
});

document.addEventListener("photo-closed", (event) => shown.map || focusPhoto(event.detail));

address.read();
