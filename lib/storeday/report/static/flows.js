// Flows of one zone stand out, on the plan and in the diagram; those of one hour take the day's place.
(() => {
  const choice = document.getElementById("flow-zone");
  if (!choice) return;
  const flows = [...document.querySelectorAll(".flow")];
  choice.addEventListener("change", () => {
    const zone = choice.value;
    for (const flow of flows) {
      const isOf = !zone || flow.dataset.from === zone || flow.dataset.to === zone;
      flow.classList.toggle("dim", !isOf);
    }
  });
  const hour = document.getElementById("flow-hour");
  if (!hour) return;
  const shown = document.getElementById("flow-hour-shown");
  const labels = hour.dataset.labels.split("|");
  const parts = [...document.querySelectorAll(".of-hour")];
  const drawings = [...document.querySelectorAll(".flow-map, .sankey")];
  const draw = () => {
    for (const part of parts) part.classList.toggle("off", part.dataset.hour !== hour.value);
    // A drawing is one tab stop, which has to be a mark that is shown.
    for (const drawing of drawings) {
      const marks = [...drawing.querySelectorAll("[data-tip]")];
      const first = marks.find((mark) => !mark.closest(".off"));
      for (const mark of marks) mark.tabIndex = mark === first ? 0 : -1;
    }
    shown.textContent = labels[Number(hour.value)];
    hour.setAttribute("aria-valuetext", shown.textContent);
  };
  hour.addEventListener("input", draw);
  draw();
})();
