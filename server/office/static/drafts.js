// What is being written is not lost with the sign-in, the network or the page: this tab keeps it until it was sent and taken, or until its account signs out.
// Comments may name people, so they stay in this tab alone (sessionStorage), and nobody else who signs in here gets them.
const DRAFT = "doorstep draft ";
const SENT = "doorstep sent";
const account = document.body.dataset.account;
const keyOf = (form) => `${DRAFT}${account} ${form.getAttribute("action")}`;
const fieldsOf = (form) => [...form.elements].filter((each) => each.tagName === "TEXTAREA" && each.name);
const drafts = () => Object.keys(sessionStorage).filter((key) => key.startsWith(DRAFT));

function keep(form) {
  const written = Object.fromEntries(fieldsOf(form).filter((each) => each.value.trim()).map((each) => [each.name, each.value]));
  try {
    if (Object.keys(written).length) sessionStorage.setItem(keyOf(form), JSON.stringify(written));
    else sessionStorage.removeItem(keyOf(form));
  } catch { /* the tab's room is full, or closed to scripts: the page works as without them */ }
}

function bringBack(form) {
  const written = JSON.parse(sessionStorage.getItem(keyOf(form)) ?? "{}");
  for (const each of fieldsOf(form)) {
    if (each.value || !written[each.name]) continue;
    each.value = written[each.name];
    const folded = each.closest("details");
    if (folded) folded.open = true;
  }
}

// A text over its limit is said before it is sent, and none of it is cut off.
const check = (field) => field.dataset.most && field.setCustomValidity(field.value.length > Number(field.dataset.most) ? field.dataset.tooLong : "");

if (account) {
  const sent = sessionStorage.getItem(SENT);
  sessionStorage.removeItem(SENT);
  if (sent && document.querySelector(".toast.done")) sessionStorage.removeItem(sent);
  for (const key of drafts()) if (!key.startsWith(`${DRAFT}${account} `)) sessionStorage.removeItem(key);
  for (const form of document.querySelectorAll("form[method=post]")) if (fieldsOf(form).length) { bringBack(form); fieldsOf(form).forEach(check); }
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (field.tagName !== "TEXTAREA" || field.form?.method !== "post") return;
    check(field);
    keep(field.form);
  });
  document.addEventListener("invalid", (event) => { const folded = event.target.closest("details"); if (folded) folded.open = true; }, true);
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented) return;
    if (form.getAttribute("action") === "/sign-out") drafts().forEach((key) => sessionStorage.removeItem(key));
    else if (form.method === "post" && fieldsOf(form).length && sessionStorage.getItem(keyOf(form))) sessionStorage.setItem(SENT, keyOf(form));
  });
}
