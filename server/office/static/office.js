// Keys and small comforts; every page works without it. "/" searches, j and k walk a list, Enter opens, a select marked data-submit sends its form.
document.documentElement.classList.add("scripted");

const typing = (element) => element.closest?.("input, textarea, select, [contenteditable]");
let at = -1;

function rows() {
  return [...document.querySelectorAll("table[data-keys] tbody tr")];
}

function walk(step) {
  const all = rows();
  if (!all.length) return;
  at = Math.min(Math.max(at + step, 0), all.length - 1);
  all.forEach((row, index) => row.classList.toggle("at", index === at));
  all[at].querySelector("a")?.focus({ preventScroll: true });
  all[at].scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && typing(event.target)) return event.target.blur();
  if (typing(event.target)) return;
  const search = document.getElementById("search");
  if (event.key === "/" && search) { event.preventDefault(); search.focus(); search.select(); }
  else if (event.key === "j") walk(1);
  else if (event.key === "k") walk(-1);
  else {
    const button = document.querySelector(`button[data-key="${CSS.escape(event.key)}"]`);
    if (button) button.focus(); // one key goes there, Enter decides: a slip of the finger decides nothing
  }
});

document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-submit]")) event.target.form.requestSubmit();
});

// An identity number is posted, not searched by the address: histories and logs keep addresses. While it is typed nothing is asked.
const NUMBER_BEGUN = /^\d{12,17}[\dxX]?$/;
const RESIDENT_NUMBER = /^\d{17}[\dxX]$/;
const OLD_NUMBER = /^\d{15}$/; // of before 1999, and the beginning of one of today: looked up when asked for
document.addEventListener("htmx:config:request", (event) => {
  const [find, search] = [document.getElementById("find"), document.getElementById("search")];
  const typed = search?.value.replace(/[\s-]/g, "") ?? "";
  if (!find || !NUMBER_BEGUN.test(typed)) return;
  event.preventDefault();
  if (RESIDENT_NUMBER.test(typed) || (OLD_NUMBER.test(typed) && event.detail.ctx.sourceEvent?.type === "submit")) {
    find.elements.number.value = typed;
    find.requestSubmit();
  }
});

// A list that could not be asked for says so: what stands there is not what was searched.
addEventListener("htmx:error", (event) => {
  const list = document.getElementById("list");
  if (!list || event.detail.error?.name === "AbortError" || list.querySelector(":scope > .not-asked")) return;
  const line = Object.assign(document.createElement("p"), { className: "toast problem not-asked", textContent: document.body.dataset.notAsked });
  line.setAttribute("role", "alert");
  list.prepend(line);
});

// The export link follows the filters: it is the same list as on the screen.
function exportWhatIsSeen() {
  at = -1;
  for (const link of document.querySelectorAll("a[data-export]")) link.search = location.search;
}
for (const name of ["htmx:after:swap", "htmx:after:push:into:history", "htmx:after:history:update", "popstate"]) addEventListener(name, () => setTimeout(exportWhatIsSeen));
