// What is shown, as the address: each search, photo and view can be shared and gone back to.

const NAMES = { q: "", like: null, group: null, photo: null, map: false };
const FORMS = { like: /^\d{1,15}$/, group: /^\d{1,9}(-\d{1,9})?$/, photo: /^\d{1,15}$/ };

export const shown = { ...NAMES };
const listeners = [];
let began = false;

/** Be told of each change, with the names of what changed; at the beginning `"start"` is one. */
export const onChange = (listener) => listeners.push(listener);

export function read() {
  const found = new URLSearchParams(location.search);
  const next = { ...NAMES, q: found.get("q") ?? "", map: found.has("map") };
  for (const [name, form] of Object.entries(FORMS)) {
    const value = found.get(name) ?? "";
    next[name] = !form.test(value) ? null : name === "group" ? value : Number(value);
  }
  change(next, began ? [] : ["start"]);
  began = true;
}

/** Show something else; `replace` leaves no step to go back to, as while one types. */
export function go(changes, { replace = false } = {}) {
  const next = { ...shown, ...changes };
  const address = addressOf(next);
  if (address !== addressOf(shown)) {
    history[replace ? "replaceState" : "pushState"](null, "", address);
  }
  change(next);
}

function change(next, also = []) {
  const changed = new Set(Object.keys(NAMES).filter((name) => next[name] !== shown[name]));
  also.forEach((name) => changed.add(name));
  Object.assign(shown, next);
  for (const listener of listeners) {
    listener(changed);
  }
}

export function addressOf(state) {
  const parts = [];
  if (state.q.trim()) {
    parts.push(`q=${encodeURIComponent(state.q)}`);
  }
  for (const name of Object.keys(FORMS)) {
    if (state[name] !== null) {
      parts.push(`${name}=${state[name]}`);
    }
  }
  if (state.map) {
    parts.push("map");
  }
  return parts.length ? `?${parts.join("&")}` : location.pathname;
}

export const addressOfPhoto = (photo) => addressOf({ ...shown, photo });

window.addEventListener("popstate", read);
