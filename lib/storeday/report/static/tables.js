// Tables: headings sort, long ones open on demand.
(() => {
  const value = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.order === undefined ? cell.textContent.trim() : Number(cell.dataset.order);
  };
  const compare = (a, b) => (typeof a === "number" && typeof b === "number"
    ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true }));

  function sort(table, column) {
    const heading = table.tHead.rows[0].cells[column];
    const isNumber = heading.classList.contains("number");
    const was = heading.getAttribute("aria-sort");
    const down = was ? was === "ascending" : isNumber;
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = [...table.tBodies[0].rows];
    rows.sort((a, b) => (down ? -1 : 1) * compare(value(a, column), value(b, column)));
    const first = Number(table.dataset.first);
    rows.forEach((row, place) => row.classList.toggle("more", place >= first));
    table.tBodies[0].append(...rows);
  }

  for (const table of document.querySelectorAll("table[data-sortable]")) {
    [...table.tHead.rows[0].cells].forEach((heading, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = heading.textContent;
      button.addEventListener("click", () => sort(table, column));
      heading.replaceChildren(button);
    });
  }
  for (const table of document.querySelectorAll("table")) {
    const rows = table.tBodies[0].rows.length;
    if (rows <= Number(table.dataset.first)) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "show-all";
    const words = () => (table.classList.contains("open") ? "Show fewer" : `Show all ${rows}`);
    button.textContent = words();
    button.addEventListener("click", () => {
      table.classList.toggle("open");
      button.textContent = words();
    });
    table.closest(".table").nextElementSibling.after(button);
  }
})();
