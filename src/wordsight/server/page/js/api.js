// The one place that knows the server's addresses.

export class Offline extends Error {}

/** The server said no; its message is meant to be read. */
export class Refused extends Error {
  constructor(status, message, retryAfter) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** A path of this server as seen from the page, wherever the page is mounted. */
export const relative = (path) => (path.startsWith("/") ? path.slice(1) : path);

async function ask(path, { signal, ...options } = {}) {
  let response;
  try {
    response = await fetch(`api/v1/${path}`, { signal, ...options });
  } catch (error) {
    throw error.name === "AbortError" ? error : new Offline("The server does not answer.");
  }
  if (response.status === 204) {
    return null;
  }
  const answer = await response.json().catch((error) => {
    if (error.name === "AbortError") {
      throw error;
    }
    return {};
  });
  if (!response.ok) {
    throw new Refused(response.status, readable(answer.detail), response.headers.get("Retry-After"));
  }
  return answer;
}

function readable(detail) {
  if (typeof detail === "string") {
    return detail;
  }
  const first = Array.isArray(detail) && detail[0]?.msg;
  return first ? `The query was refused: ${first}.` : "The server failed.";
}

const query = (parameters) => {
  const known = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== "");
  return new URLSearchParams(known).toString().replaceAll("+", "%20");
};

export const searchText = (q, page, signal) => ask(`search?${query({ q, ...page })}`, { signal });

export const similar = (id, q, page, signal) => ask(`photos/${id}/similar?${query({ q, ...page })}`, { signal });

export const stats = (signal) => ask("stats", { signal });

export const photo = (id, signal) => ask(`photos/${id}`, { signal });

/** The near-duplicates of a photo, without it. */
export const alike = (id) => ask(`photos/${id}/alike`).then((answer) => answer.results);

/** For each word of the caption the rows of a grid of weights. */
export const attention = (id) => ask(`photos/${id}/attention`).then((answer) => answer.attention);

const json = (method, body) => ({
  method,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

export const correct = (id, caption) => ask(`photos/${id}/caption`, json("PUT", { caption }));

export const uncorrect = (id) => ask(`photos/${id}/caption`, { method: "DELETE" });

/** By a photo and, where there are some, words with it. */
export function searchPhoto(blob, q, page, signal) {
  const body = new FormData();
  body.set("photo", blob, "photo");
  for (const [name, value] of Object.entries({ q, ...page })) {
    body.set(name, value);
  }
  return ask("search", { method: "POST", body, signal });
}

/** The groups of the map, each with a few of its photos. */
export const groups = (signal) => ask("clusters", { signal }).then((answer) => answer.groups);

export const group = (id, cell, page, signal) =>
  ask(`clusters/${id}?${query({ cell, ...page })}`, { signal });
