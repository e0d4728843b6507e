// A one-time link carries its secret behind the "#", which reaches no server and no log. This puts it
// into the form, and out of the address bar.
"use strict";
const field = document.querySelector("[data-fragment]");
if (field && window.location.hash.length > 1) {
  field.value = window.location.hash.slice(1);
  history.replaceState(null, "", window.location.pathname);
  const form = field.form;
  if (form && form.hasAttribute("data-go")) {
    form.submit();
  } else {
    for (const part of document.querySelectorAll("[data-with-fragment]")) { part.hidden = false; }
    for (const part of document.querySelectorAll("[data-without-fragment]")) { part.hidden = true; }
  }
}
