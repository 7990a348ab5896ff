// Making elements. Text is always text: nothing here parses markup that came from a server.

export const $ = (selector) => document.querySelector(selector);

/** An element with properties, `class`, `aria-…` and `data-…` attributes, `on…` listeners. */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    set(element, name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

function set(element, name, value) {
  if (value === null || value === undefined) {
    return;
  }
  if (name.startsWith("on")) {
    element.addEventListener(name.slice(2), value);
  } else if (name in element && !name.includes("-")) {
    element[name] = value;
  } else {
    element.setAttribute(name === "class" ? "class" : name, value);
  }
}

/** Set CSS variables of an element; a content security policy forbids style attributes, not this. */
export function style(element, variables) {
  for (const [name, value] of Object.entries(variables)) {
    element.style.setProperty(name, value);
  }
  return element;
}

export function show(element, shown = true) {
  element.hidden = !shown;
}

/** "1 photo", "2,000 photos". */
export function counted(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}
