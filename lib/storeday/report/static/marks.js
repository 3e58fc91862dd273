// Marks of a drawing tell their numbers on hover and on focus. A drawing is one tab stop; arrow keys
// walk through its marks.
const tip = document.getElementById("tip");

function showTip(words, x, y) {
  tip.textContent = words;
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  const left = Math.min(Math.max(8, x + 14), innerWidth - box.width - 8);
  const above = y - box.height - 12;
  tip.style.left = `${left}px`;
  tip.style.top = `${above < 60 ? Math.min(y + 18, innerHeight - box.height - 8) : above}px`;
}

function hideTip() { tip.hidden = true; }

(() => {
  const told = (event) => event.target.closest && event.target.closest("[data-tip]");
  document.addEventListener("pointermove", (event) => {
    const mark = told(event);
    if (mark) showTip(mark.dataset.tip, event.clientX, event.clientY);
    else if (!event.target.closest("#heat-map")) hideTip();
  });
  const atFocus = () => {
    const mark = document.activeElement;
    if (!mark || !mark.dataset || !mark.dataset.tip) { hideTip(); return; }
    const box = mark.getBoundingClientRect();
    showTip(mark.dataset.tip, box.left + box.width / 2, box.top);
  };
  document.addEventListener("focusin", atFocus);
  document.addEventListener("focusout", hideTip);
  // Focus may scroll to its mark: what it tells moves along.
  document.addEventListener("scroll", atFocus, { passive: true });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hideTip(); });

  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  for (const drawing of document.querySelectorAll("[data-marks]")) {
    const all = [...drawing.querySelectorAll("[data-tip]")];
    if (!all.length) continue;
    all[0].tabIndex = 0;
    drawing.addEventListener("keydown", (event) => {
      const marks = all.filter((mark) => !mark.closest(".off"));
      const at = marks.indexOf(document.activeElement);
      if (at < 0) return;
      let next = at;
      if (event.key in step) next = Math.min(marks.length - 1, Math.max(0, at + step[event.key]));
      else if (event.key === "Home") next = 0;
      else if (event.key === "End") next = marks.length - 1;
      else return;
      event.preventDefault();
      marks[at].tabIndex = -1;
      marks[next].tabIndex = 0;
      marks[next].focus();
    });
  }

  const links = [...document.querySelectorAll("nav a")];
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      for (const link of links) {
        if (link.hash === `#${entry.target.id}`) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    }
  }, { rootMargin: "-20% 0px -70% 0px" });
  document.querySelectorAll(".part").forEach((part) => seen.observe(part));
})();
