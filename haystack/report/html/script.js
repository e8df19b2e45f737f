"use strict";
// Filters and zoom of the timeline. Without it the page shows everything.
(() => {
  const lanes = document.querySelector(".timeline .lanes");
  const tools = document.querySelector(".tools");
  if (!lanes || !tools) return;
  const SVG = "http://www.w3.org/2000/svg";
  const rows = [...document.querySelectorAll(".records tbody tr")];
  const marks = [...lanes.querySelectorAll("[data-f]")];
  const filters = [...tools.querySelectorAll("[data-filter]")];
  const status = tools.querySelector(".status");
  const since = Number(lanes.dataset.since);
  const seconds = Number(lanes.dataset.until) - since;
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const STEPS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600,
    900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 2592000];
  // What is shown of the time, as parts of the whole.
  let from = 0, to = 1;

  const clock = (fraction, digits) =>
    new Date((since + fraction * seconds) * 1000).toISOString().slice(11, digits ? 23 : 19);

  function wanted() {
    const value = Object.fromEntries(filters.map((filter) => [filter.dataset.filter, filter.value]));
    const text = value.text.trim().toLowerCase();
    return rows.map((row, number) =>
      (!value.node || row.dataset.node === value.node) &&
      (!value.service || row.dataset.service === value.service) &&
      Number(row.dataset.level) >= Number(value.level) &&
      (!text || texts[number].includes(text)) &&
      (row.dataset.f === undefined ? from === 0 && to === 1 : inside(Number(row.dataset.f))));
  }

  function inside(fraction) {
    return fraction >= from - 1e-9 && fraction <= to + 1e-9;
  }

  function show() {
    const keep = wanted();
    rows.forEach((row, number) => { row.hidden = !keep[number]; });
    for (const mark of marks) {
      mark.style.display = keep[Number(mark.dataset.row)] ? "" : "none";
      mark.setAttribute("x", 100 * (Number(mark.dataset.f) - from) / (to - from) + "%");
    }
    for (const lane of lanes.querySelectorAll(".lane")) {
      const chosen = filters.filter((filter) => filter.dataset.filter in lane.dataset && filter.value);
      lane.hidden = chosen.some((filter) => lane.dataset[filter.dataset.filter] !== filter.value);
    }
    drawTicks();
    const count = keep.filter(Boolean).length;
    status.textContent = `${count} of ${rows.length} records, ${clock(from, true)} to ${clock(to, true)}`;
  }

  function drawTicks() {
    const span = (to - from) * seconds;
    const step = STEPS.find((one) => span / one <= 6) || STEPS[STEPS.length - 1];
    const axis = [], grid = [];
    const first = Math.ceil((since + from * seconds) / step);
    for (let n = first; n * step <= since + to * seconds && axis.length < 12; n += 1) {
      const at = (n * step - since - from * seconds) / span;
      const text = document.createElementNS(SVG, "text");
      const stamp = new Date(n * step * 1000 + 0.001).toISOString();
      text.textContent = step < 1 ? stamp.slice(11, 23) : step >= 21600 ? stamp.slice(5, 16).replace("T", " ") : stamp.slice(11, 19);
      set(text, { x: at * 100 + "%", y: 14, "text-anchor": at < 0.06 ? "start" : at > 0.94 ? "end" : "middle" });
      axis.push(text);
      const line = document.createElementNS(SVG, "line");
      set(line, { x1: at * 100 + "%", x2: at * 100 + "%", y1: 0, y2: "100%" });
      grid.push(line);
    }
    lanes.querySelector(".axis").replaceChildren(...axis);
    lanes.querySelector(".grid").replaceChildren(...grid);
  }

  function set(element, attributes) {
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  }

  function look(start, width) {
    const least = Math.min(1, 0.005 / seconds);
    width = Math.min(1, Math.max(least, width));
    from = Math.min(1 - width, Math.max(0, start));
    to = from + width;
    show();
  }

  // Zooms by a factor about a place of the picture, from 0 to 1.
  function zoom(factor, place) {
    const width = Math.min(1, (to - from) * factor);
    look(from + place * (to - from) - place * width, width);
  }

  const moves = {
    in: () => zoom(0.5, 0.5),
    out: () => zoom(2, 0.5),
    left: () => look(from - (to - from) / 4, to - from),
    right: () => look(from + (to - from) / 4, to - from),
    all: () => look(0, 1),
  };
  const keys = { "+": "in", "=": "in", "-": "out", ArrowLeft: "left", ArrowRight: "right", 0: "all" };

  tools.addEventListener("click", (event) => {
    const button = event.target.closest("[data-zoom]");
    if (button) moves[button.dataset.zoom]();
  });
  tools.addEventListener("input", show);
  lanes.addEventListener("keydown", (event) => {
    const move = !event.ctrlKey && !event.metaKey && !event.altKey && keys[event.key];
    if (!move) return;
    event.preventDefault();
    moves[move]();
  });

  // The part of the picture that is right of the labels.
  const place = (event) => {
    const box = lanes.querySelector(".axis").getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  };
  // The wheel scrolls the page, unless the picture was chosen (focus) or Ctrl is held.
  lanes.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && document.activeElement !== lanes) return;
    event.preventDefault();
    zoom(event.deltaY < 0 ? 0.8 : 1.25, place(event));
  }, { passive: false });
  let held = null;
  lanes.addEventListener("pointerdown", (event) => { held = { at: place(event), from }; });
  window.addEventListener("pointerup", () => { held = null; });
  lanes.addEventListener("pointermove", (event) => {
    if (held && to - from < 1 && Math.abs(place(event) - held.at) > 0.005) {
      look(held.from - (place(event) - held.at) * (to - from), to - from);
    }
  });

  lanes.addEventListener("click", (event) => {
    const mark = event.target.closest("[data-row]");
    if (!mark) return;
    const row = document.getElementById("r" + mark.dataset.row);
    row.scrollIntoView({ block: "center" });
    row.focus({ preventScroll: true });
  });
  for (const [name, on] of [["pointerover", true], ["pointerout", false], ["focusin", true], ["focusout", false]]) {
    document.querySelector(".records").addEventListener(name, (event) => {
      const row = event.target.closest("tr[id]");
      const mark = row && lanes.querySelector(`.mark[data-row="${row.id.slice(1)}"]`);
      if (mark) mark.classList.toggle("hot", on);
    });
  }

  // On paper nothing can be unfolded.
  const folded = [...document.querySelectorAll(".cause details")];
  let before = [];
  window.addEventListener("beforeprint", () => {
    before = folded.filter((one) => !one.open);
    before.forEach((one) => { one.open = true; });
  });
  window.addEventListener("afterprint", () => { before.forEach((one) => { one.open = false; }); });

  tools.hidden = false;
  show();
})();
