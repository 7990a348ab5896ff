// Captions over the photos, where one points, or below all of them.

import { $ } from "./dom.js";
import { layOut } from "./grid.js";
import { icon } from "./icons.js";

const button = $("#show-captions");

function put(below) {
  localStorage.setItem("captions", below ? "below" : "over");
  $("#results").classList.toggle("captioned", below);
  button.setAttribute("aria-pressed", below);
  layOut();
}

button.append(icon("captions"));
button.title = button.ariaLabel = "Captions below the photos";
button.addEventListener("click", () => put(button.getAttribute("aria-pressed") !== "true"));
put(localStorage.getItem("captions") === "below");
