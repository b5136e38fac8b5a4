// Draws the charts of a page and makes its tables sort. No request leaves the page.
(() => {
  "use strict";
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const read = (id) => JSON.parse(document.getElementById(id).textContent);

  const words = read("words");

  const recolour = (value, colours) => {
    if (typeof value === "string") return colours[value] ?? value;
    if (Array.isArray(value)) return value.map((item) => recolour(item, colours));
    if (value === null || typeof value !== "object") return value;
    const copy = {};
    for (const [key, item] of Object.entries(value)) copy[key] = key === "datasets" ? item : recolour(item, colours);
    return copy;
  };

  // On a phone legends stand in one column, row labels are cut sooner, and a map is lower and names no places.
  const stacked = (value) => {
    if (Array.isArray(value)) return value.map(stacked);
    if (value === null || typeof value !== "object") return value;
    const copy = {};
    for (const [key, item] of Object.entries(value)) {
      if (key === "datasets") copy[key] = item;
      else if (key === "legend" && item !== null) copy[key] = { ...item, columns: 1 };
      else if (key === "labelLimit") copy[key] = Math.min(item, 110);
      else copy[key] = stacked(item);
    }
    return copy;
  };

  // A wide chart names bands and lines at its right edge, a narrow one has a legend: charts/edges.py does the same.
  const fitted = (spec, width) => {
    if (!spec.usermeta?.edges) return spec;
    if (width <= 700) return { ...spec, layer: spec.layer.filter((part) => !part.name?.startsWith("edge")) };
    const unlegended = (layer) => ({ ...layer, encoding: Object.fromEntries(Object.entries(layer.encoding).map(([channel, part]) => [channel, part.legend ? { ...part, legend: null } : part])) });
    return { ...spec, layer: spec.layer.map(unlegended) };
  };

  const narrow = (spec, width) => {
    if (width > 520) return spec;
    const legend = { ...spec.config.legend, labelLimit: width - 40, layout: { top: { anchor: "start", bounds: "full", direction: "vertical" } } };
    const config = { ...spec.config, legend, axisY: { ...spec.config.axisY, labelLimit: 110 } };
    const height = spec.projection ? Math.min(spec.height, Math.max(180, width * 0.6)) : spec.height;
    const layer = spec.projection && spec.layer.filter((one) => one.mark.type !== "text");
    return { ...stacked(layer ? { ...spec, layer } : spec), config, height };
  };

  const plain = (settings) => (value) => {
    const text = String(value).replaceAll("&", "&amp;").replaceAll("<", "&lt;");
    const [pattern, short] = settings.short;
    return pattern ? text.replace(new RegExp(pattern), short) : text;
  };

  // What a reader set (a threshold, a scenario, an order, a filter) stands behind the # of the address: a link shows it again.
  const [anchor, query] = location.hash.split("?");
  const state = new URLSearchParams(query ?? "");
  const keep = (name, value) => {
    if (value === "") state.delete(name);
    else state.set(name, value);
    const set = state.toString();
    history.replaceState(null, "", (anchor || "#") + (set ? `?${set}` : ""));
  };
  if (query && anchor.length > 1) document.getElementById(anchor.slice(1))?.scrollIntoView();

  // A chart alone on its page, to be embedded: #?only=ID
  const only = state.get("only") && document.getElementById(state.get("only"));
  if (only) {
    only.classList.add("only");
    document.body.classList.add("alone");
  }

  const language = document.documentElement.lang;
  const share = (value) => { const text = Number(value).toLocaleString(language, { style: "percent" }); return text.replace(/\s%/, "\u00a0%"); };
  const fill = (pattern, values) => pattern.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

  // Title and subtitle at another threshold, from the rows of the chart.
  const atThreshold = (words, rows, stated, value) => {
    const crossing = (field, ratio) => rows.find((row) => row[field] != null && row[field] > ratio * row.lit);
    const calm = crossing("median", value), worst = crossing("worst", value), before = crossing("worst", stated);
    const values = { threshold: share(value), when: (calm ?? worst)?.when, calm: calm?.when ?? words.never, worst: worst?.when ?? words.never };
    let under = fill(words.subtitle, values);
    if (words.order && worst && before) {
      const moved = new Date(Date.parse(words.order_by) + Date.parse(worst.target_start) - Date.parse(before.target_start));
      under += " " + fill(words.order, { after: moved.toLocaleDateString(language, { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" }) });
    }
    return [fill(calm ? words.calm : worst ? words.worst : words.under, values), under];
  };

  const views = new Map();
  const follow = (place, view) => {
    views.set(place, view);
    const figure = place.closest("figure"), holder = document.getElementById(place.dataset.spec.replace("spec-", "words-"));
    if (!holder) return;
    const words = JSON.parse(holder.textContent), spec = read(place.dataset.spec), { name } = spec.params[0];
    const title = figure.querySelector("h2, h3").firstChild, under = figure.querySelector(":scope > .subtitle");
    place.stated ??= [title.textContent, under.textContent, spec.params[0].value];
    const say = (_, value) => {
      const stated = value === place.stated[2];
      const said = words.stories ? words.stories[value] : stated ? place.stated : atThreshold(words, spec.datasets.rows, place.stated[2], value);
      [title.textContent, under.textContent] = [said[0] + " ", said[1]];
      place.querySelector("svg")?.setAttribute("aria-label", `${said[0]}. ${said[1]}`);
      keep(`${name}.${figure.id}`, stated ? "" : String(value));
    };
    view.addSignalListener(name, say);
    const set = state.get(`${name}.${figure.id}`);
    const wanted = typeof place.stated[2] === "number" ? Number(set) : set;
    if (set && (!words.stories || words.stories[set])) view.signal(name, wanted).run();
  };

  const draw = async (place, settings) => {
    const colours = dark.matches && !matchMedia("print").matches ? settings.dark : {};
    const spec = recolour({ ...read(place.dataset.spec), config: settings.config }, colours);
    const coming = document.createElement("div");
    coming.className = "coming";
    place.dataset.alt ??= place.querySelector("img")?.alt ?? place.getAttribute("aria-label");
    place.append(coming);
    try {
      const drawn = await vegaEmbed(coming, narrow(fitted(spec, place.clientWidth), place.clientWidth), {
        ast: true, actions: false, renderer: "svg", defaultStyle: false, tooltip: { disableDefaultStyle: true, sanitize: plain(settings) },
        formatLocale: settings.formatLocale, timeFormatLocale: settings.timeFormatLocale,
      });
      const svg = coming.querySelector("svg");
      svg.setAttribute("role", "img");
      svg.setAttribute("aria-label", place.dataset.alt);
      for (const part of svg.children) part.setAttribute("aria-hidden", "true");
      for (const slider of coming.querySelectorAll(".vega-bind input[type=range]")) {
        const shown = document.createElement("output");
        const tell = () => { shown.textContent = Number(slider.value).toLocaleString(language, { style: "percent" }); };
        slider.addEventListener("input", tell);
        tell();
        slider.parentElement.append(" ", shown);
      }
      place.replaceChildren(coming);
      coming.classList.remove("coming");
      place.removeAttribute("role");
      place.removeAttribute("aria-label");
      place.dataset.drawn = "yes";
      follow(place, drawn.view);
    } catch (error) {
      coming.remove();
      place.dataset.drawn = "no";
      console.error(place.dataset.spec, error);
    }
  };

  // Vega's scripts take longer to read than all else, so they come when the pictures drawn ahead are on screen.
  const seen = () => new Promise((go) => {
    if (!document.querySelector(".chart > img")) return go();
    const shown = () => { requestAnimationFrame(() => setTimeout(go)); setTimeout(go, 300); };
    if (document.readyState === "complete") shown();
    else addEventListener("load", shown);
  });
  const fetched = (source) => new Promise((go, fail) => {
    const script = document.createElement("script");
    script.addEventListener("load", go);
    script.addEventListener("error", () => fail(new Error(source)));
    script.src = source;
    document.head.append(script);
  });
  const settingsHolder = document.getElementById("settings");
  const vega = settingsHolder ? seen().then(() => fetched(settingsHolder.dataset.scripts)) : Promise.resolve();

  // A chart as a file: drawn again in light colours on white, with its title and its run.
  const save = async (place, settings, kind) => {
    await vega;
    const figure = place.closest("figure");
    const lines = [...figure.querySelectorAll(":scope > .subtitle, .notes div:last-child dd")].map((part) => part.textContent);
    const spec = { ...read(place.dataset.spec), config: settings.config };
    spec.params = spec.params?.map((param) => ({ ...param, bind: undefined, value: views.get(place)?.signal(param.name) ?? param.value }));
    spec.title = { text: figure.querySelector("h2, h3").textContent, subtitle: lines };
    const wide = spec.width === "container" ? 960 : 0;
    if (wide) spec.width = wide;
    if (kind === "json") {
      const text = JSON.stringify(spec);
      const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(new Blob([text], { type: "application/json" })), download: `${figure.id}.vl.json` });
      link.click();
      return;
    }
    const away = document.createElement("div");
    const drawn = await vegaEmbed(away, wide ? fitted(spec, wide) : spec, {
      ast: true, actions: false, renderer: "svg", defaultStyle: false, tooltip: false,
      formatLocale: settings.formatLocale, timeFormatLocale: settings.timeFormatLocale,
    });
    const link = document.createElement("a");
    if (kind === "svg") {
      const text = (await drawn.view.toSVG()).replace(/>/, '><rect width="100%" height="100%" fill="#FFFFFF"/>');
      link.href = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
    } else {
      const plain = await drawn.view.toCanvas(2);
      const paper = Object.assign(document.createElement("canvas"), { width: plain.width, height: plain.height });
      const brush = paper.getContext("2d");
      brush.fillStyle = "#FFFFFF";
      brush.fillRect(0, 0, paper.width, paper.height);
      brush.drawImage(plain, 0, 0);
      link.href = paper.toDataURL("image/png");
    }
    link.download = `${figure.id}.${kind}`;
    link.click();
    drawn.finalize();
  };

  const addSaving = (settings) => {
    for (const place of document.querySelectorAll(".chart")) {
      const line = place.closest("figure").querySelector(".download");
      if (!line) continue;
      for (const kind of ["svg", "png", "json"]) {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = kind === "json" ? "Vega" : kind.toUpperCase();
        button.addEventListener("click", () => save(place, settings, kind));
        line.append(" ", button);
      }
      const alone = document.createElement("a");
      alone.href = `#?only=${place.closest("figure").id}`;
      alone.target = "_blank";
      alone.textContent = words.alone;
      line.append(" ", alone);
    }
  };

  // One after the other, with a breath between: the first chart is seen before the last is made.
  const drawAll = async () => {
    if (!settingsHolder) return;
    const settings = JSON.parse(settingsHolder.textContent);
    await vega;
    for (const place of document.querySelectorAll(only ? ".only .chart" : ".chart")) {
      await draw(place, settings);
      await new Promise((go) => setTimeout(go));
    }
  };

  const key = (row, column) => {
    const cell = row.cells[column];
    const sort = cell.dataset.sort ?? cell.textContent;
    const number = Number(sort);
    return sort !== "" && Number.isFinite(number) ? number : sort;
  };
  const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), language));

  // Rows without a value stand last in either order.
  const makeSortable = (table, place) => {
    const empty = (row, column) => ["", words.none].includes(row.cells[column].textContent.trim());
    const body = table.tBodies[0];
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.dataset.head = head.textContent;
      head.replaceChildren(button);
      const sort = (down) => {
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = [...body.rows].map((row) => [key(row, column), row, empty(row, column)]);
        rows.sort((a, b) => a[2] - b[2] || (down ? -1 : 1) * compare(a[0], b[0]));
        body.append(...rows.map((triple) => triple[1]));
        keep(`sort.${place}`, `${column}${down ? "-" : "+"}`);
      };
      button.addEventListener("click", () => sort(head.getAttribute("aria-sort") === "ascending"));
      const set = state.get(`sort.${place}`);
      if (set && set.slice(0, -1) === String(column)) sort(set.endsWith("-"));
    });
  };

  // A table that is folded opens as its filter is used: the filter is over all rows.
  const makeFilter = (table, place) => {
    const rows = [...table.tBodies[0].rows];
    if (rows.length < 12) return;
    const folded = table.closest("details.long");
    const label = document.createElement("label");
    const box = document.createElement("input");
    const count = document.createElement("span");
    label.className = "filter";
    box.type = "search";
    count.setAttribute("role", "status");
    label.append(words.filter, " ", box, " ", count);
    box.addEventListener("input", () => {
      const wanted = box.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const text = row.textContent.toLocaleLowerCase();
        row.hidden = !wanted.every((word) => text.includes(word));
        shown += row.hidden ? 0 : 1;
      }
      count.textContent = wanted.length ? `${words.shown} ${shown} / ${rows.length}` : "";
      if (folded && wanted.length) folded.open = true;
      keep(`filter.${place}`, box.value.trim());
    });
    (folded ?? table.parentElement).before(label);
    const set = state.get(`filter.${place}`);
    if (set) { box.value = set; box.dispatchEvent(new Event("input")); }
  };

  const makeSearch = () => {
    const pages = window.transitPages;
    if (!pages) return;
    const holder = document.createElement("div");
    const box = document.createElement("input");
    const list = document.createElement("ul");
    holder.className = "search";
    holder.setAttribute("role", "search");
    box.type = "search";
    box.placeholder = words.search;
    box.setAttribute("aria-label", words.search);
    list.hidden = true;
    holder.append(box, list);
    box.addEventListener("input", () => {
      const wanted = box.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
      const hit = ([title, , , more]) => { const text = `${title} ${more}`.toLocaleLowerCase(); return wanted.every((word) => text.includes(word)); };
      const found = wanted.length ? pages.filter(hit).slice(0, 12) : [];
      list.replaceChildren(...found.map(([title, path, kind]) => {
        const item = document.createElement("li");
        const link = document.createElement("a");
        link.href = document.documentElement.dataset.home + path;
        link.textContent = title;
        if (kind) link.append(Object.assign(document.createElement("small"), { textContent: ` ${kind}` }));
        item.append(link);
        return item;
      }));
      if (wanted.length && !found.length) list.append(Object.assign(document.createElement("li"), { textContent: words.nothing, className: "nothing" }));
      list.hidden = !wanted.length;
    });
    box.addEventListener("keydown", (event) => {
      const first = list.querySelector("a");
      if (event.key === "Enter" && first) first.click();
      if (event.key === "ArrowDown" && first) { first.focus(); event.preventDefault(); }
      if (event.key === "Escape") { box.value = ""; list.hidden = true; }
    });
    document.querySelector("header").append(holder);
  };

  // On paper nothing unfolds: the long texts of tables are printed whole.
  const folded = () => document.querySelectorAll("td details:not([open])");
  addEventListener("beforeprint", () => { for (const one of folded()) one.dataset.printed = one.open = true; });
  addEventListener("afterprint", () => { for (const one of document.querySelectorAll("td details[data-printed]")) { one.open = false; delete one.dataset.printed; } });

  if (location.pathname.includes("/latest/")) document.querySelector(".newest")?.remove();
  makeSearch();
  document.querySelectorAll("table.sortable").forEach((table, place) => { makeSortable(table, place); makeFilter(table, place); });
  if (settingsHolder) addSaving(read("settings"));
  drawAll().then(() => { document.documentElement.dataset.ready = "yes"; });
  dark.addEventListener("change", drawAll);
  matchMedia("(max-width: 748px)").addEventListener("change", drawAll);
})();
