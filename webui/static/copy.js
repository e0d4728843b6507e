// A button with data-copy="ID" puts the text of that element on the clipboard. Without a script, or
// where the browser has no clipboard to give, there is no such button: the text can be marked by hand.
"use strict";
for (const button of document.querySelectorAll("[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  if (source && navigator.clipboard) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(source.textContent.trim());
      button.textContent = "Copied";
    });
  }
}
