// While the ledger is verified, the page asks how far that is, and loads again when it has ended.
// Without a script there is the link to look again.
"use strict";
const run = document.querySelector("[data-progress]");
async function look() {
  try {
    const answer = await fetch(run.dataset.progress, { headers: { Accept: "application/json" } });
    const found = answer.ok && !answer.redirected ? await answer.json() : null;
    if (!found || !found.running) {
      window.location.reload();
      return;
    }
    const bar = run.querySelector("progress");
    bar.max = found.total || 1;
    bar.value = found.done;
    const much = found.total ? `: ${found.done.toLocaleString("en")} of ${found.total.toLocaleString("en")}` : "";
    run.querySelector("[data-told]").textContent = found.step + much;
  } catch {
    // The network is gone for now; the next look may find it.
  }
  window.setTimeout(look, 1000);
}
if (run) {
  window.setTimeout(look, 500);
}
