// The search page: a query in the address, its results in the grid, one photo in the viewer.

const query = document.querySelector("#query");
const message = document.querySelector("#message");
const results = document.querySelector("#results");
const viewer = document.querySelector("#viewer");

const WAIT_WHILE_TYPING_MS = 150;
let found = [];
let shown = 0;
let pending = new AbortController();
let timer = 0;

async function ask(path, signal) {
  const response = await fetch(path, { signal });
  const answer = await response.json().catch(() => ({ detail: "The server failed." }));
  if (!response.ok) {
    throw new Error(typeof answer.detail === "string" ? answer.detail : "The query was refused.");
  }
  return answer;
}

async function search(text) {
  pending.abort();
  pending = new AbortController();
  if (!text.trim()) {
    return welcome(pending.signal);
  }
  try {
    const answer = await ask(`api/v1/search?q=${encodeURIComponent(text)}`, pending.signal);
    found = answer.results;
    results.replaceChildren(...found.map(tile));
    message.textContent = found.length ? `${found.length} photos, the best first` : "No photos yet.";
  } catch (error) {
    explain(error);
  }
}

async function welcome(signal) {
  found = [];
  results.replaceChildren();
  try {
    const { photos } = await ask("api/v1/stats", signal);
    message.textContent = `${photos.toLocaleString("en")} photos can be found here.`;
  } catch (error) {
    explain(error);
  }
}

function explain(error) {
  if (error.name === "AbortError") {
    return;
  }
  results.replaceChildren();
  message.textContent =
    error instanceof TypeError ? "The server does not answer. Is it still running?" : error.message;
}

function tile(photo, place) {
  const image = document.createElement("img");
  image.src = photo.thumbnail.slice(1);
  image.alt = photo.caption;
  image.loading = "lazy";
  const button = document.createElement("button");
  button.type = "button";
  button.append(image);
  button.addEventListener("click", () => view(place));
  const score = document.createElement("span");
  score.className = "score";
  score.textContent = photo.score.toFixed(2);
  score.title = "Cosine of query and photo";
  const caption = document.createElement("span");
  caption.textContent = photo.caption;
  const line = document.createElement("p");
  line.append(caption, score);
  const item = document.createElement("li");
  item.className = "result";
  const ratio = Math.min(3, Math.max(0.5, photo.width / photo.height));
  item.style.setProperty("--ratio", ratio.toFixed(4));
  item.append(button, line);
  return item;
}

function view(place) {
  shown = (place + found.length) % found.length;
  const photo = found[shown];
  const image = document.querySelector("#viewer-image");
  image.src = photo.image.slice(1);
  image.alt = photo.caption;
  document.querySelector("#viewer-caption").textContent = photo.caption;
  document.querySelector("#viewer-facts").textContent = facts(photo);
  if (!viewer.open) {
    viewer.showModal();
  }
}

function facts(photo) {
  const parts = [photo.name, `${photo.width} × ${photo.height}`];
  if (photo.taken_at) {
    parts.push(new Date(photo.taken_at).toLocaleString());
  }
  if (photo.copies > 1) {
    parts.push(`${photo.copies} copies`);
  }
  parts.push(
    `score ${photo.score.toFixed(2)} (caption ${photo.caption_score.toFixed(2)}, ` +
      `picture ${photo.picture_score.toFixed(2)})`,
  );
  return parts.join(" · ");
}

function fromAddress() {
  query.value = new URLSearchParams(location.search).get("q") ?? "";
  search(query.value);
}

function toAddress(text) {
  const address = text.trim() ? `?q=${encodeURIComponent(text)}` : location.pathname;
  history.replaceState(null, "", address);
  document.title = text.trim() ? `${text} – wordsight` : "wordsight";
}

query.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(() => {
    toAddress(query.value);
    search(query.value);
  }, WAIT_WHILE_TYPING_MS);
});

document.querySelector("#search").addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(timer);
  history.pushState(null, "", location.href);
  toAddress(query.value);
  search(query.value);
});

document.querySelector("#previous").addEventListener("click", () => view(shown - 1));
document.querySelector("#next").addEventListener("click", () => view(shown + 1));
document.querySelector("#close").addEventListener("click", () => viewer.close());
viewer.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (step) {
    view(shown + step);
  }
});
window.addEventListener("popstate", fromAddress);

fromAddress();
