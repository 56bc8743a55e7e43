// The queue's keys, what a decision would change, and choosing several. Every page works without it. In the queue one key decides, and the toast's Undo (u)
// takes it back; on other pages a key only goes to a button (office.js).
const PREVIEW_AFTER_MS = 180;
const typingIn = (element) => element.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");

// Keys. Before office.js, where a key only goes to a button.
window.addEventListener("keydown", (event) => {
  if (!document.body.classList.contains("queue") || event.repeat || typingIn(event.target) || document.querySelector("dialog[open]")) return;
  const undo = document.querySelector("[data-undo]");
  if ((event.ctrlKey || event.metaKey) && event.key === "z" && undo) return press(event, undo);
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "u" || event.key === "z") return undo && press(event, undo);
  if (event.key === "j") return walk(event, 1);
  if (event.key === "k") return walk(event, -1);
  const button = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (button) press(event, button);
}, true);

function press(event, button) {
  event.preventDefault();
  event.stopPropagation();
  if (!lacksWords(button)) button.click();
}

// A return needs a word: asked for before it is sent, so that what is ticked stays ticked.
function lacksWords(button) {
  const comment = button?.form?.elements.namedItem("comment");
  if (button?.value !== "return" || button.name !== "action" || !comment) return false;
  if ([...button.form.elements].some((each) => each.tagName === "TEXTAREA" && each.value.trim())) return false;
  comment.focus();
  return true;
}
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button");
  const comment = button?.form?.elements.namedItem("comment");
  if (comment && comment.validationMessage === comment.dataset.needed) comment.setCustomValidity(""); // nothing but a return needs one
  if (!lacksWords(button)) return;
  event.preventDefault();
  comment.setCustomValidity(comment.dataset.needed);
  comment.reportValidity();
});

function walk(event, step) {
  event.stopPropagation();
  const links = [...document.querySelectorAll(".items a")];
  const from = links.includes(document.activeElement) ? links.indexOf(document.activeElement) : links.findIndex((link) => link.ariaCurrent === "true");
  links[Math.min(Math.max(from + step, 0), links.length - 1)]?.focus();
}

for (const button of document.querySelectorAll("[data-open]")) button.addEventListener("click", () => document.getElementById(button.dataset.open).showModal());

// A decision is sent once, however often its button is pressed, and the second half of a double press never decides the item that has come meanwhile.
const DOUBLE_PRESS_MS = 350;
const DECIDED = "doorstep decided at";
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  const isDecision = form.matches("[data-preview], #several");
  if (form.dataset.sent || (isDecision && Date.now() - Number(sessionStorage.getItem(DECIDED)) < DOUBLE_PRESS_MS)) return event.preventDefault();
  if (isDecision) sessionStorage.setItem(DECIDED, String(Date.now()));
  form.dataset.sent = "1";
  event.submitter?.setAttribute("aria-busy", "true"); // on a slow network it is seen that something is under way
});
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => {
  delete form.dataset.sent;
  form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
}));

// What a button would change, beside it, while it has the focus or the mouse.
const told = new WeakMap();
let waiting, asking;

function look(button) {
  const form = button.form;
  const place = form.closest("section")?.querySelector(".preview-place");
  if (!place || !button.value || button.name === "preview") return;
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    if (told.has(button) && button.value !== "typed") return show(place, told.get(button));
    if (button.value === "typed" && ![...new FormData(form).getAll("typed")].some((text) => text.trim())) return;
    asking?.abort();
    asking = new AbortController();
    const asked = new FormData(form);
    asked.set("preview", button.value);
    try {
      const answer = await fetch(form.getAttribute("action"), { method: "POST", body: asked, signal: asking.signal });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const found = page.getElementById("preview");
      found?.querySelector(".confirm")?.remove();
      if (found) { told.set(button, found); show(place, found); }
      else place.replaceChildren(...page.querySelectorAll("#refused p, #refused .main")); // signed out, or broken: said where the answer is looked for
    } catch (error) { if (error.name !== "AbortError") place.replaceChildren(); }
  }, PREVIEW_AFTER_MS);
}

const show = (place, page) => place.replaceChildren(page);
for (const form of document.querySelectorAll("form[data-preview]")) {
  for (const button of form.querySelectorAll(`button[name="${form.dataset.preview}"]`)) {
    button.addEventListener("focus", () => look(button));
    button.addEventListener("mouseenter", () => look(button));
  }
}
for (const select of document.querySelectorAll("form[data-preview] select[data-look]")) select.addEventListener("change", () => {
  const button = select.form.querySelector(`button[name="${select.form.dataset.preview}"]`);
  told.delete(button);
  look(button);
});

// Several at once.
const several = document.getElementById("several");
if (several) {
  const boxes = [...several.querySelectorAll("input[name=items]")];
  const all = several.querySelector("[data-all]");
  const bar = several.querySelector("[data-several]");
  const words = several.querySelector("[data-chosen-number]");
  const count = () => {
    const number = boxes.filter((box) => box.checked).length;
    if (bar) bar.hidden = number === 0;
    if (words) words.dataset.number = String(number);
    if (all) { all.checked = number > 0 && number === boxes.length; all.indeterminate = number > 0 && number < boxes.length; }
  };
  all?.addEventListener("change", () => { boxes.forEach((box) => { box.checked = all.checked; }); count(); });
  several.addEventListener("change", count);
  window.addEventListener("pageshow", count);
  count();
}

// The chosen item stands in sight in the list.
const [list, chosen] = [document.querySelector(".queue-list"), document.querySelector(".items .at")];
if (list && chosen && chosen.offsetTop + chosen.offsetHeight > list.clientHeight) list.scrollTop = chosen.offsetTop - list.clientHeight / 2;

// After a decision the next item is where the keys go on from, and what is read aloud.
if (document.body.classList.contains("queue") && document.querySelector(".toast.done")) document.querySelector(".item-head h2")?.focus({ preventScroll: true });

// On a narrow screen the tabs are wider than it: the one that is open stands in sight.
const tab = document.querySelector(".tabs [aria-current]");
if (tab?.parentElement.scrollWidth > tab?.parentElement.clientWidth) tab.parentElement.scrollLeft = tab.offsetLeft - tab.parentElement.clientWidth / 2 + tab.offsetWidth / 2;
