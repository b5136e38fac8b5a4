// Draws the charts of a page and makes its tables sort. No request leaves the page.
(() => {
  "use strict";
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const read = (id) => JSON.parse(document.getElementById(id).textContent);

  const recolour = (value, colours) => {
    if (typeof value === "string") return colours[value] ?? value;
    if (Array.isArray(value)) return value.map((item) => recolour(item, colours));
    if (value === null || typeof value !== "object") return value;
    const copy = {};
    for (const [key, item] of Object.entries(value)) copy[key] = key === "datasets" ? item : recolour(item, colours);
    return copy;
  };

  const narrow = (spec, width) => {
    if (width > 520) return spec;
    const config = { ...spec.config, axisY: { ...spec.config.axisY, labelLimit: 110 }, legend: { ...spec.config.legend, columns: 1 } };
    return { ...spec, config };
  };

  const draw = async (place, settings) => {
    const colours = dark.matches && !matchMedia("print").matches ? settings.dark : {};
    const spec = recolour({ ...read(place.dataset.spec), config: settings.config }, colours);
    try {
      await vegaEmbed(place, narrow(spec, place.clientWidth), {
        ast: true, actions: false, renderer: "svg", defaultStyle: false, tooltip: { disableDefaultStyle: true },
        formatLocale: settings.formatLocale, timeFormatLocale: settings.timeFormatLocale,
      });
      place.dataset.drawn = "yes";
    } catch (error) {
      place.dataset.drawn = "no";
      console.error(place.dataset.spec, error);
    }
  };

  const drawAll = () => {
    const holder = document.getElementById("settings");
    if (!holder) return Promise.resolve();
    const settings = JSON.parse(holder.textContent);
    return Promise.all([...document.querySelectorAll(".chart")].map((place) => draw(place, settings)));
  };

  const key = (row, column) => {
    const cell = row.cells[column];
    const sort = cell.dataset.sort ?? cell.textContent;
    const number = Number(sort);
    return sort !== "" && Number.isFinite(number) ? number : sort;
  };
  const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), document.documentElement.lang));

  const makeSortable = (table) => {
    const body = table.tBodies[0];
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = [...body.rows].map((row) => [key(row, column), row]);
        rows.sort((a, b) => (down ? -1 : 1) * compare(a[0], b[0]));
        body.append(...rows.map((pair) => pair[1]));
      });
    });
  };

  document.querySelectorAll("table.sortable").forEach(makeSortable);
  drawAll().then(() => { document.documentElement.dataset.ready = "yes"; });
  dark.addEventListener("change", drawAll);
})();
