// While filters are changed, the number of entries that match is asked for and shown beside them.
// Without a script the number comes with the page, each time the filters are sent.
"use strict";
const form = document.querySelector("form[data-count]");
const place = document.getElementById("matches");
let waiting = 0;
let asked = 0;
async function count() {
  const mine = ++asked;
  const query = new URLSearchParams(new FormData(form));
  try {
    const answer = await fetch(`${form.dataset.count}?${query}`, { headers: { Accept: "application/json" } });
    const found = answer.ok && !answer.redirected ? await answer.json() : null;
    if (mine === asked) {
      place.textContent = found ? found.said : "";
    }
  } catch {
    // The network is gone: no number is better than an old one.
    if (mine === asked) {
      place.textContent = "";
    }
  }
}
if (form && place) {
  form.addEventListener("input", () => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(count, 200);
  });
}
