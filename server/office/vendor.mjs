// Puts what the office's pages load from others into static/vendor/: Pico's CSS, htmx, one sprite of Lucide icons, and their licences.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";

const ICONS = [
  "arrow-down-narrow-wide", "arrow-up-down", "building", "check", "chevron-left", "chevron-right", "circle", "circle-check", "circle-dashed", "circle-help",
  "circle-x", "clipboard-list", "clock", "copy", "corner-down-left", "door-closed", "download", "eye", "file-text", "file-warning", "git-compare", "history", "house", "inbox", "info", "languages",
  "layout-dashboard", "link", "lock", "log-out", "message-square", "move-right", "phone-call", "play", "plus", "refresh-cw", "rotate-ccw", "search", "server", "shield", "shield-check",
  "smartphone", "thermometer", "trash-2", "triangle-alert", "truck", "undo-2", "unlink", "upload", "user", "users", "x",
];
const here = new URL("./", import.meta.url);
const into = new URL("static/vendor/", here);
const from = (path) => new URL(`node_modules/${path}`, here);

mkdirSync(into, { recursive: true });
copyFileSync(from("@picocss/pico/css/pico.min.css"), new URL("pico.css", into));
copyFileSync(from("@picocss/pico/LICENSE.md"), new URL("pico.LICENSE", into));
copyFileSync(from("htmx.org/dist/htmx.min.js"), new URL("htmx.js", into));
copyFileSync(from("htmx.org/LICENSE"), new URL("htmx.LICENSE", into));
copyFileSync(from("lucide-static/LICENSE"), new URL("icons.LICENSE", into));

const symbols = ICONS.map((name) => {
  const svg = readFileSync(from(`lucide-static/icons/${name}.svg`), "utf8");
  const shapes = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>")).replace(/\s+/g, " ").trim();
  return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${shapes}</symbol>`;
});
writeFileSync(new URL("icons.svg", into), `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("\n")}</svg>\n`);
