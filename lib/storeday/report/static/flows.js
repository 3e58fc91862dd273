// Flows of one zone stand out, on the plan and in the diagram.
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
})();
