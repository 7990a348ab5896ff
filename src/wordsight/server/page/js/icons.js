// Line icons, drawn on a grid of 24.

const PATHS = {
  camera: "M4 8h3l2-3h6l2 3h3v11H4z M12 10a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z",
  captions: "M4 5h16v9H4z M5 18h14 M5 21h8",
  clear: "M6 6l12 12 M18 6L6 18",
  copy: "M9 9h11v11H9z M5 15H4V4h11v1",
  edit: "M4 20l1-5L16 4l4 4L9 19z M14 6l4 4",
  filters: "M4 6h16 M7 12h10 M10 18h4",
  left: "M15 5l-7 7 7 7",
  like: "M8 4H4v4 M16 4h4v4 M8 20H4v-4 M16 20h4v-4 M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  map: "M3 6l6-2 6 2 6-2v14l-6 2-6-2-6 2z M9 4v14 M15 6v14",
  minus: "M5 12h14",
  moon: "M20 14A8.5 8.5 0 0 1 10 4a8.5 8.5 0 1 0 10 10z",
  open: "M13 4h7v7 M20 4l-9 9 M18 14v6H4V6h6",
  plus: "M12 5v14 M5 12h14",
  right: "M9 5l7 7-7 7",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z M12 2v3 M12 19v3 M2 12h3 M19 12h3 M5 5l2 2 M17 17l2 2 M19 5l-2 2 M7 17l-2 2",
  undo: "M4 9h10a5 5 0 0 1 0 10H9 M8 5L4 9l4 4",
};
const SVG = "http://www.w3.org/2000/svg";

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
