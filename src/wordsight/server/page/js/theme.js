// Light or dark: the system's choice until one's own is made.

import { $ } from "./dom.js";
import { icon } from "./icons.js";

const button = $("#switch-theme");
const system = matchMedia("(prefers-color-scheme: dark)");

const isDark = () => (localStorage.getItem("theme") ?? (system.matches ? "dark" : "light")) === "dark";

function draw() {
  const dark = isDark();
  button.replaceChildren(icon(dark ? "sun" : "moon"));
  button.ariaLabel = button.title = dark ? "Switch to light" : "Switch to dark";
}

button.addEventListener("click", () => {
  const theme = isDark() ? "light" : "dark";
  localStorage.setItem("theme", theme);
  document.documentElement.dataset.theme = theme;
  draw();
  document.dispatchEvent(new CustomEvent("theme-changed"));
});
system.addEventListener("change", draw);
draw();
