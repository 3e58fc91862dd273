// The heatmap: layer and hour choose what is coloured; pointer and arrow keys read single places.
(() => {
  const heat = JSON.parse(document.getElementById("data").textContent).heat;
  const map = document.getElementById("heat-map");
  if (!heat || !map) return;
  const { rows, columns, cell } = heat;
  const cells = rows * columns;
  const levels = map.querySelectorAll(".heat-cells path");
  const unseen = map.querySelector(".heat-unseen path");
  const cursor = map.querySelector(".cursor");
  const svg = map.querySelector("svg");
  const margin = Number(svg.dataset.margin);
  const height = Number(svg.dataset.height);
  const readout = document.getElementById("heat-readout");
  const slider = document.getElementById("hour");
  const shown = document.getElementById("hour-shown");
  const legend = map.parentElement.querySelector(".legend");
  const units = [
    ["visitors, hours added up", "visitors"], ["stayed"], ["products handled"],
  ];

  // Visits, seconds and pick-ups of every hour, and of the day as their sums.
  const hours = heat.hours.map(([steps, ...layers]) => {
    const full = layers.map(() => new Float64Array(cells));
    let at = 0;
    steps.forEach((step, place) => {
      at += step;
      layers.forEach((layer, number) => { full[number][at] = layer[place]; });
    });
    return full;
  });
  const day = [0, 1, 2].map((number) => {
    const sum = new Float64Array(cells);
    for (const hour of hours) hour[number].forEach((value, place) => { sum[place] += value; });
    return sum;
  });
  const masks = heat.masks.map(maskOf);
  const always = maskOf(heat.always);

  function maskOf(path) {
    const mask = new Uint8Array(cells);
    for (const [, x, y, run] of path.matchAll(/M(\d+) (\d+)h(\d+)/g)) {
      for (let i = 0; i < Number(run); i += 1) mask[(rows - 1 - Number(y)) * columns + Number(x) + i] = 1;
    }
    return mask;
  }

  const state = () => ({
    layer: Number(document.querySelector("input[name=layer]:checked").value),
    hour: Number(slider.value) - 1,
  });
  const valuesOf = ({ layer, hour }) => (hour < 0 ? day : hours[hour])[layer];

  function scaleEnd(values) {
    const used = [...values].filter((value) => value > 0).sort((a, b) => a - b);
    return used.length ? used[Math.min(used.length - 1, Math.ceil(0.98 * (used.length - 1)))] : 0;
  }

  function levelOf(value, end) {
    return Math.min(levels.length - 1, Math.floor(levels.length * Math.sqrt(Math.min(1, value / end))));
  }

  function draw() {
    const now = state();
    const values = valuesOf(now);
    const end = scaleEnd(values);
    const paths = Array.from(levels, () => "");
    for (let y = 0; y < rows; y += 1) {
      for (let x = 0; x < columns;) {
        const value = values[y * columns + x];
        const level = value > 0 ? levelOf(value, end) : -1;
        let run = 1;
        while (x + run < columns && sameLevel(values[y * columns + x + run], level, end)) run += 1;
        if (level >= 0) paths[level] += `M${x} ${rows - 1 - y}h${run}v1h-${run}z`;
        x += run;
      }
    }
    levels.forEach((path, level) => path.setAttribute("d", paths[level]));
    unseen.setAttribute("d", now.hour < 0 ? heat.always : heat.masks[heat.unseen[now.hour]]);
    const label = now.hour < 0 ? "whole day" : heat.labels[now.hour];
    shown.textContent = label;
    slider.setAttribute("aria-valuetext", label);
    tellScale(now, end);
  }

  function sameLevel(value, level, end) {
    return (value > 0 ? levelOf(value, end) : -1) === level;
  }

  function tellScale({ layer, hour }, end) {
    legend.querySelector(".low").textContent = layer === 1 ? "little" : "1";
    legend.querySelector(".high").textContent = layer === 1 ? length(end) : String(end);
    legend.querySelector(".unit").textContent = hour >= 0 && units[layer][1] ? units[layer][1] : units[layer][0];
  }

  function length(seconds) {
    if (seconds < 90) return `${Math.round(seconds)} s`;
    const minutes = Math.round(seconds / 60);
    return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
  }

  // Whether a ray to the right crosses the outline an odd number of times.
  function isInside(x, y, corners) {
    let inside = false;
    for (let i = 0, j = corners.length - 2; i < corners.length; j = i, i += 2) {
      const [x0, y0, x1, y1] = [corners[i], corners[i + 1], corners[j], corners[j + 1]];
      if (y0 > y !== y1 > y && x < ((x1 - x0) * (y - y0)) / (y1 - y0) + x0) inside = !inside;
    }
    return inside;
  }

  let at = null;

  function tell(x, y) {
    const { hour } = state();
    const place = y * columns + x;
    const when = hour < 0 ? "whole day" : heat.labels[hour];
    const [right, up] = [(x + 0.5) * cell, (y + 0.5) * cell];
    const zone = heat.zones.find(([, corners]) => isInside(right, up, corners));
    const where = `${zone ? `${zone[0]}, ` : ""}${right.toFixed(1)} m right, ${up.toFixed(1)} m up`;
    const mask = hour < 0 ? always : masks[heat.unseen[hour]];
    const [visits, stay, picked] = (hour < 0 ? day : hours[hour]).map((layer) => layer[place]);
    if (mask[place] && !visits && !picked) return `${where}\nnot seen, ${when}`;
    const people = hour < 0 ? `${visits} visitors, hours added up` : `${visits} visitors`;
    return `${where}\n${people}\n${length(stay)} stayed\n${picked} products handled\n${when}`;
  }

  function point(x, y) {
    at = [x, y];
    cursor.setAttribute("x", margin + x * cell);
    cursor.setAttribute("y", margin + height - (y + 1) * cell);
    cursor.setAttribute("width", cell);
    cursor.setAttribute("height", cell);
    return tell(x, y);
  }

  map.addEventListener("pointermove", (event) => {
    const spot = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const x = Math.floor((spot.x - margin) / cell);
    const y = Math.floor((margin + height - spot.y) / cell);
    if (x < 0 || y < 0 || x >= columns || y >= rows) { hideTip(); return; }
    showTip(point(x, y), event.clientX, event.clientY);
  });
  map.addEventListener("pointerleave", () => { hideTip(); cursor.setAttribute("width", 0); });
  map.addEventListener("keydown", (event) => {
    const by = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!by) return;
    event.preventDefault();
    const [x, y] = at || [Math.floor(columns / 2), Math.floor(rows / 2)];
    const words = point(
      Math.min(columns - 1, Math.max(0, x + by[0])), Math.min(rows - 1, Math.max(0, y + by[1])),
    );
    readout.textContent = words.replaceAll("\n", " · ");
    const box = cursor.getBoundingClientRect();
    showTip(words, box.right, box.top);
  });
  slider.addEventListener("input", draw);
  document.querySelectorAll("input[name=layer]").forEach((choice) => choice.addEventListener("change", draw));
  draw();
})();
