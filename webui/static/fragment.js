// A one-time link carries its secret behind the "#", which reaches no server and no log. This takes it
// out of the address bar, puts it into the form that asks for it, and sends that. Where the page is
// open already, a browser that is given the link changes the part behind the "#" and loads nothing.
"use strict";
function follow() {
  const field = document.querySelector("[data-go] [data-fragment]");
  if (field && window.location.hash.length > 1) {
    field.value = window.location.hash.slice(1);
    history.replaceState(null, "", window.location.pathname);
    field.form.submit();
  }
}
window.addEventListener("hashchange", follow);
follow();
