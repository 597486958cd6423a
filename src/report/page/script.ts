/**
 * What a page does when a script may run; without one it shows the same figures. It loads nothing: it shows a mark's text
 * beside the pointer, hides agents and draws the axes of those that are left, and works the fleet's figures out again. The page's policy names this text's digest, so that no other
 * script can run in it.
 */
import { createHash } from "node:crypto";
import { fleetFigures, fleetText, leftOutText } from "../fleet-formula.ts";
import { RESCALE } from "./rescale-script.ts";

const POINTING = `
const tip = document.createElement("div");
tip.className = "tip";
tip.setAttribute("aria-hidden", "true");
tip.hidden = true;
document.body.append(tip);
for (const title of document.querySelectorAll("svg.chart title")) {
  title.parentNode.dataset.tip = title.textContent;
  title.remove();
}
document.addEventListener("pointermove", (event) => {
  const mark = event.target instanceof Element ? event.target.closest("[data-tip]") : null;
  tip.hidden = mark === null;
  if (mark === null) return;
  tip.textContent = mark.dataset.tip;
  const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
  tip.style.left = Math.max(8, Math.min(room, event.clientX + 14)) + "px";
  tip.style.top = Math.max(8, event.clientY - tip.offsetHeight - 10) + "px";
});
`;

const TOGGLES = `
const toggles = document.querySelector(".toggles");
if (toggles !== null) {
  toggles.hidden = false;
  const targetOf = (element) => {
    if (element.closest("svg") !== null || element.matches("th, td, li, details")) return element;
    const cell = element.closest("tbody th[scope=row]");
    return cell === null ? element.closest(".legend li") : cell.parentNode;
  };
  toggles.addEventListener("change", () => {
    const off = new Set([...toggles.querySelectorAll("input:not(:checked)")].map((box) => box.value));
    for (const element of document.querySelectorAll("main [data-agent]")) {
      const target = targetOf(element);
      if (target !== null) target.classList.toggle("off", off.has(element.dataset.agent));
    }
    rescale(off);
  });
}
`;

const FLEET = `
const fleetFigures = ${fleetFigures.toString()};
const fleetText = ${fleetText.toString()};
const leftOutText = ${leftOutText.toString()};
const form = document.querySelector("form.fleet");
if (form !== null) {
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  const number = (input) => (input.value.trim() === "" || !(Number(input.value) >= 0) ? null : Number(input.value));
  const work = () => {
    const inputs = {
      nodes: number(form.elements.namedItem("nodes")),
      corePrice: number(form.elements.namedItem("core-price")),
      storagePrice: number(form.elements.namedItem("storage-price")),
      rates: [...form.querySelectorAll("input[data-operation]")].map(number),
    };
    for (const row of document.querySelectorAll("[data-fleet]")) {
      const figures = fleetFigures(JSON.parse(row.dataset.fleet), inputs);
      for (const cell of row.querySelectorAll("[data-figure]")) {
        cell.textContent = fleetText(figures[cell.dataset.figure]);
      }
      row.querySelector("[data-left-out]").textContent = leftOutText(figures);
    }
  };
  form.addEventListener("input", work);
  work();
}
`;

export const SCRIPT = `"use strict";${POINTING}${RESCALE}${TOGGLES}${FLEET}`;

/** As a content security policy names it. */
export const SCRIPT_DIGEST = `sha256-${createHash("sha256").update(SCRIPT).digest("base64")}`;
