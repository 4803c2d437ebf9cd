// What a page does better with JavaScript. Without it every page says the same: tables are sorted and searched by the
// server, charts have tables beside them, and figures are those of the moment the page was asked for.
"use strict";

const locale = document.documentElement.lang === "id" ? "id-ID" : "en-GB";

// What is taken away from a page is what it shows: files are searched and sorted as the table is.
function takeAway(query) {
  for (const link of document.querySelectorAll("a[download]")) {
    const address = new URL(link.href);
    for (const [key, value] of Object.entries(query)) {
      if (value) address.searchParams.set(key, value);
      else address.searchParams.delete(key);
    }
    link.href = address;
  }
}

// Tables: sorted and searched in place.
function sortBy(table, heading) {
  const headings = [...table.tHead.rows[0].cells];
  const at = headings.indexOf(heading);
  const down = heading.ariaSort === "ascending" || (heading.ariaSort === null && heading.dataset.begins === "descending");
  const valueOf = (row) => row.cells[at].dataset.sort;
  const compare = (left, right) => {
    const [a, b] = [valueOf(left), valueOf(right)];
    if (a === "" || b === "") return (a === "") - (b === ""); // what is not known comes last either way
    const order = isNaN(a) || isNaN(b) ? a.localeCompare(b, locale) : a - b;
    return down ? -order : order;
  };
  table.tBodies[0].append(...[...table.tBodies[0].rows].sort(compare));
  for (const other of headings) other.removeAttribute("aria-sort");
  heading.ariaSort = down ? "descending" : "ascending";
}

for (const table of document.querySelectorAll("table.sortable")) {
  table.tHead.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link) return;
    event.preventDefault();
    const heading = link.closest("th");
    sortBy(table, heading);
    const order = { sort: link.dataset.column, dir: heading.ariaSort === "descending" ? "desc" : "asc" };
    const here = new URL(location.href);
    for (const [key, value] of Object.entries(order)) here.searchParams.set(key, value);
    history.replaceState(null, "", here);
    takeAway(order);
  });
}

const find = document.querySelector("[data-find]");
if (find) {
  const table = document.querySelector("table.sortable");
  const show = () => {
    const wanted = find.value.trim().toLocaleLowerCase(locale);
    for (const row of table.tBodies[0].rows) {
      const text = `${row.cells[0].textContent} ${row.dataset.region ?? ""}`.toLocaleLowerCase(locale);
      row.hidden = !text.includes(wanted);
    }
    takeAway({ q: find.value.trim() });
  };
  find.addEventListener("input", show);
  find.form.addEventListener("submit", (event) => {
    if (new URL(location.href).searchParams.get("q")) return; // the server left rows out: ask it again
    event.preventDefault();
    show();
  });
}

// Charts: the value under the pointer, or under the finger.
for (const plot of document.querySelectorAll(".plot[data-points]")) {
  const all = JSON.parse(plot.dataset.points).series.flatMap((series) => series.points.map((point) => [series, ...point]));
  if (!all.length) continue;
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  plot.append(tip);
  const show = (event) => {
    const box = plot.querySelector("svg").getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    const far = ([, px, py]) => (px - x) ** 2 * 4 + (py - y) ** 2;
    const nearest = all.reduce((best, point) => (far(point) < far(best) ? point : best));
    const [series, px, py, label, value] = nearest;
    tip.textContent = `${series.name}\n${label}: ${value} ${series.unit}`.trim();
    tip.hidden = false;
    const left = Math.min(px * box.width + 8, box.width - tip.offsetWidth);
    tip.style.transform = `translate(${Math.max(0, left)}px, ${Math.max(0, py * box.height - tip.offsetHeight - 8)}px)`;
    tip.style.top = tip.style.left = "0";
  };
  plot.addEventListener("pointermove", show);
  plot.addEventListener("pointerdown", show);
  plot.addEventListener("pointerleave", () => (tip.hidden = true));
}

// Live figures: the server says what is to be shown where, in the words of the page.
function put(place, text, mark) {
  if (!place || place.textContent === text) return;
  place.textContent = text;
  mark?.classList.remove("changed");
  requestAnimationFrame(() => mark?.classList.add("changed"));
}

function putStatus(place, status) {
  const pill = place?.querySelector(".pill");
  if (!pill || pill.textContent.trim() === status.text) return;
  pill.className = `pill ${status.kind}`;
  pill.textContent = status.text;
}

function take(told) {
  for (const [line, figures] of Object.entries(told.cards)) {
    const card = document.querySelector(`[data-line="${CSS.escape(line)}"]`);
    if (!card) continue;
    for (const [name, text] of Object.entries(figures.texts)) put(card.querySelector(`[data-figure="${name}"]`), text);
    putStatus(card.querySelector('[data-figure="status"]'), figures.status);
    for (const [part, share] of Object.entries(figures.bar ?? {})) {
      const mark = card.querySelector(`svg.way .${part}`);
      if (share !== null) mark?.setAttribute(part === "done" ? "width" : "x", share);
    }
  }
  for (const [code, cells] of Object.entries(told.rows)) {
    const row = document.querySelector(`tr[data-region="${CSS.escape(code)}"]`);
    if (!row) continue;
    for (const [name, cell] of Object.entries(cells.texts)) {
      const place = row.querySelector(`[data-figure="${name}"]`);
      if (place) place.dataset.sort = cell.sort;
      put(place, cell.text, row);
    }
    const place = row.querySelector('[data-figure="status"]');
    if (place) place.dataset.sort = cells.status.sort;
    putStatus(place, cells.status);
  }
  for (const [code, tile] of Object.entries(told.tiles)) {
    const link = document.querySelector(`[data-tile="${CSS.escape(code)}"]`);
    if (!link) continue;
    link.setAttribute("class", tile.kind);
    link.setAttribute("aria-label", tile.text);
    link.querySelector("title").textContent = tile.text;
  }
  put(document.querySelector("[data-stamp]"), told.stamp);
}

const source = document.body.dataset.live;
if (source && "EventSource" in window) {
  const sign = document.querySelector(".live");
  const show = (on) => {
    sign.hidden = false;
    sign.classList.toggle("on", on);
    put(sign, on ? sign.dataset.on : sign.dataset.off);
  };
  const stream = new EventSource(source);
  stream.addEventListener("figures", (event) => take(JSON.parse(event.data)));
  stream.addEventListener("open", () => show(true));
  stream.addEventListener("error", () => show(false));
  addEventListener("pagehide", () => stream.close());
}
