// Forms marked data-live ask again as one types, and replace the part of the page that they name. Without this
// script they work by their button.
"use strict";

const PAUSE = 250;

function live(form) {
  const target = () => document.getElementById(form.dataset.live);
  let timer = 0;
  let asked = null;

  async function ask() {
    const address = `${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}`;
    if (asked) asked.abort();
    asked = new AbortController();
    target().setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, { signal: asked.signal, headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const found = page.getElementById(form.dataset.live);
      if (!found) return;
      target().replaceChildren(...found.childNodes);
      if (answer.ok) history.replaceState(null, "", address);
    } catch (error) {
      if (error.name !== "AbortError") form.submit();
    } finally {
      target().removeAttribute("aria-busy");
    }
  }

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
}

for (const form of document.querySelectorAll("form[data-live]")) live(form);
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
