// Small comforts on top of pages that work without any script.

// After a refused form, the list of faults gets the focus, so that a keyboard or a screen reader starts there.
document.getElementById("faults")?.focus();

// A double click must not send a form twice. The button says so; the back button gives it back.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    const button = event.submitter;
    if (button && !form.hasAttribute("data-again")) button.setAttribute("aria-disabled", "true");
  });
}
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelector("[aria-disabled]")?.removeAttribute("aria-disabled");
  }
});

// What was typed into a long form and not sent is worth a question before it is lost.
for (const form of document.querySelectorAll("form.sheet")) {
  const before = new FormData(form);
  const text = (data) => JSON.stringify([...data].map(([name, value]) => [name, value.name ?? value]));
  const unchanged = text(before);
  window.addEventListener("beforeunload", (event) => {
    if (!form.dataset.sent && text(new FormData(form)) !== unchanged) event.preventDefault();
  });
}

// A page that waits for a job looks again by itself, in place of its `meta refresh`, keeping the place on the page.
const waiting = document.querySelector("[data-poll]");
if (waiting) {
  const look = async () => {
    try {
      const answer = await fetch(waiting.dataset.poll, { headers: { accept: "text/html" } });
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.querySelector("[data-poll]") ?? page.querySelector("[data-polled]");
        if (fresh) {
          const now = document.querySelector("[data-poll], [data-polled]");
          now.replaceWith(fresh);
          if (!fresh.hasAttribute("data-poll")) return;
        }
      }
    } catch {
      // The connection comes back or it does not; the page says how old it is.
    }
    setTimeout(look, 2000);
  };
  setTimeout(look, 2000);
}

// Print and copy buttons appear only where they can work.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
