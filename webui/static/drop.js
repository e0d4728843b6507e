// Files that are dropped on the form are put into it and sent. Without a script there is the field.
"use strict";
const form = document.querySelector("form[data-drop]");
const field = form && form.querySelector("input[type=file]");
if (form && field && "DataTransfer" in window) {
  const area = form.querySelector(".drop");
  const over = (event) => {
    event.preventDefault();
    area.classList.toggle("over", event.type === "dragover" || event.type === "dragenter");
  };
  form.querySelector("[data-hint]").hidden = false;
  for (const name of ["dragenter", "dragover", "dragleave"]) {
    form.addEventListener(name, over);
  }
  form.addEventListener("drop", (event) => {
    over(event);
    if (event.dataTransfer.files.length) {
      field.files = event.dataTransfer.files;
      form.requestSubmit();
    }
  });
}
