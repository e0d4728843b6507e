// A one-time link carries its secret behind the "#", which reaches no server and no log. This takes it
// out of the address bar, puts it into the form that asks for it, and sends that.
"use strict";
const field = document.querySelector("[data-go] [data-fragment]");
if (field && window.location.hash.length > 1) {
  field.value = window.location.hash.slice(1);
  history.replaceState(null, "", window.location.pathname);
  field.form.submit();
}
