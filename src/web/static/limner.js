// Forms marked data-live ask again as one types, and replace the part of the page that they name. Without this
// script they work by their button. Parts marked data-more are fetched once the rest is shown; without it, by a link.
"use strict";

const PAUSE = 250;

async function fill(part) {
  part.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(part.dataset.more, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.getElementById(part.id);
    if (!answer.ok || !found || !part.isConnected) return;
    part.replaceWith(found);
    found.querySelectorAll("form[data-live]").forEach(live);
  } catch {
    // the link in the part still leads there
  } finally {
    part.removeAttribute("aria-busy");
  }
}

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
      target().querySelectorAll("[data-more]").forEach(fill);
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

document.querySelectorAll("form[data-live]").forEach(live);
document.querySelectorAll("[data-more]").forEach(fill);
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
