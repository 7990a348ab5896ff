// Filters as they are written into the query: `after:2020-05 folder:"summer trip" beach`.

const NAMES = ["after", "before", "date", "folder", "name", "camera", "lens", "tag", "rating", "format", "orientation", "has"];
const TERM = new RegExp(`(?<![\\w-])-?(${NAMES.join("|")}):("[^"]*"|\\S+)`, "gi");

/** The filters in a query, as `{ name, value, negated, text }`, in their order. */
export function terms(query) {
  return [...query.matchAll(TERM)].map(([text, name, value]) => ({
    name: name.toLowerCase(),
    value: value.replace(/^"|"$/g, ""),
    negated: text.startsWith("-"),
    text,
  }));
}

/** The query without a filter, given as it is written there. */
export const withoutText = (query, text) => query.replace(text, " ").replace(/\s+/g, " ").trim();

/** The query without all filters of these names; of any name where none are given. */
export function without(query, ...names) {
  return terms(query)
    .filter(({ name }) => !names.length || names.includes(name))
    .reduce((rest, { text }) => withoutText(rest, text), query.trim());
}

/** The query with one filter of that name. */
export function withTerm(query, name, value) {
  const rest = without(query, name);
  const written = `${name}:${/[\s"]/.test(value) ? `"${value.replaceAll('"', "")}"` : value}`;
  return value ? `${rest} ${written}`.trim() : rest;
}
