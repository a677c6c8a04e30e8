"use strict";

/* Charts: the server draws them. ECharts lies over the drawing and shows the readings of the place under the pointer. */

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const hoverOption = (hover, { margins: [left, right, top, bottom], range: [low, high] }, scale) => {
  const inks = [colour("--accent"), colour("--second")];
  return {
    animation: false,
    grid: { left: left * scale, right: right * scale, top: top * scale, bottom: bottom * scale },
    xAxis: { type: "category", boundaryGap: false, show: false, data: hover.readings.map((_, place) => place) },
    yAxis: { type: "value", min: low, max: high, show: false },
    tooltip: {
      trigger: "axis", renderMode: "richText", confine: true, backgroundColor: colour("--sheet"),
      borderColor: colour("--rule"), textStyle: { color: colour("--ink"), fontSize: 13, lineHeight: 20 },
      axisPointer: { lineStyle: { color: colour("--soft") } },
      formatter: (points) => hover.readings[points[0].dataIndex],
    },
    series: hover.lines.map((values, place) => ({
      type: "line", data: values, showSymbol: false, symbolSize: 8, lineStyle: { opacity: 0 },
      emphasis: { lineStyle: { opacity: 0 } }, itemStyle: { color: inks[place] },
    })),
  };
};

const addHover = () => {
  if (typeof echarts === "undefined") return;
  for (const figure of document.querySelectorAll("figure[data-hover]")) {
    const plot = figure.querySelector(".plot");
    const drawing = [...plot.querySelectorAll("svg")].find((svg) => svg.getBoundingClientRect().width);
    if (!drawing) continue;
    let canvas = plot.querySelector(".canvas");
    if (!canvas) {
      canvas = document.createElement("div");
      canvas.className = "canvas";
      canvas.setAttribute("aria-hidden", "true");
      plot.append(canvas);
    }
    const overlay = echarts.getInstanceByDom(canvas) || echarts.init(canvas, null, { renderer: "canvas" });
    overlay.resize();
    const scale = drawing.getBoundingClientRect().width / drawing.viewBox.baseVal.width;
    overlay.setOption(hoverOption(JSON.parse(figure.dataset.hover), JSON.parse(drawing.dataset.plot), scale), true);
  }
};

/* Review: one key classifies the ticket in focus or undoes the last decision; the numbers follow the analysis. */

const MAX_REQUESTS = 240; /* the server lets each wait for some seconds: ten minutes in all */

const review = (list) => {
  const metrics = document.getElementById("metrics");
  const status = document.getElementById("analysis");
  const decided = document.getElementById("decided");
  const undo = document.getElementById("undo");
  const decisions = [];
  let latestAnalysis = 0;
  let follower = 0;

  const post = async (form, changes) => {
    const body = new URLSearchParams(new FormData(form));
    for (const [name, value] of Object.entries(changes)) body.set(name, value);
    const response = await fetch(form.action, {
      method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin", mode: "same-origin",
    }).catch(() => null);
    if (response?.ok) return response.json();
    decided.textContent = "Your decision was not saved. Reload the page.";
    return null;
  };

  const metricsOf = async (analysis) => {
    const url = new URL(metrics.dataset.url, location.href);
    url.searchParams.set("analysis", analysis);
    const options = { credentials: "same-origin", mode: "same-origin" };
    const response = await fetch(url, options).catch(() => null);
    return { status: response?.status, text: response?.status === 200 ? await response.text() : "" };
  };

  const follow = async (analysis) => {
    latestAnalysis = Math.max(latestAnalysis, analysis);
    const self = ++follower;
    metrics.setAttribute("aria-busy", "true");
    status.textContent = "Analysing your decision. The numbers will follow.";
    let response = { status: 202 };
    for (let requests = 0; response.status === 202 && requests < MAX_REQUESTS; requests++) {
      response = await metricsOf(latestAnalysis);
      if (self !== follower) return; /* a later decision is followed instead */
    }
    metrics.removeAttribute("aria-busy");
    if (response.status === 200) metrics.innerHTML = response.text;
    status.textContent = response.status === 200 ? "The numbers are up to date."
      : "These numbers may not include your last decision. The next analysis includes it.";
  };

  const offerUndo = () => {
    undo.hidden = !decisions.length;
    undo.elements.ticket.value = decisions.at(-1)?.ticket ?? "";
  };

  const decide = async (item, button) => {
    if (item.hasAttribute("aria-busy")) return;
    item.setAttribute("aria-busy", "true");
    const ticket = button.form.elements.ticket.value;
    const result = await post(button.form, { class: button.value });
    item.removeAttribute("aria-busy");
    if (!result) return;
    const items = [...list.querySelectorAll(".review-item")];
    const next = items[items.indexOf(item) + 1] || items[items.indexOf(item) - 1];
    if (!next) {
      location.assign(result.onward);
      return;
    }
    decisions.push({ item, ticket, after: item.previousElementSibling });
    const hadFocus = item.contains(document.activeElement);
    item.remove();
    if (hadFocus) next.focus();
    decided.textContent = item.dataset.key + ": " + button.lastChild.textContent.trim() + ".";
    offerUndo();
    follow(result.analysis);
  };

  const undoLast = async () => {
    if (undo.hasAttribute("aria-busy")) return;
    undo.setAttribute("aria-busy", "true");
    const last = decisions.at(-1);
    const result = await post(undo, {});
    undo.removeAttribute("aria-busy");
    if (!result) return;
    const { item, after } = last;
    decisions.splice(decisions.indexOf(last), 1);
    if (after?.isConnected) after.after(item);
    else list.prepend(item);
    item.focus();
    decided.textContent = "Undone: " + item.dataset.key + ".";
    offerUndo();
    follow(result.analysis);
  };

  list.addEventListener("submit", (event) => {
    const item = event.target.closest(".review-item");
    if (!event.submitter || !item) return; /* the answer about a whole group reloads the page */
    event.preventDefault();
    decide(item, event.submitter);
  });
  undo?.addEventListener("submit", (event) => {
    if (!decisions.length) return;
    event.preventDefault();
    undoLast();
  });
  list.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(input|select|textarea)$/i.test(event.target.tagName)) return;
    const items = [...list.querySelectorAll(".review-item")];
    const item = document.activeElement?.closest(".review-item");
    if (event.key === "j" || event.key === "k") {
      const at = items.indexOf(item) + (event.key === "j" ? 1 : -1);
      items[Math.max(0, Math.min(items.length - 1, at))]?.focus();
    } else if (item && event.key === "u" && undo && !undo.hidden) {
      undo.requestSubmit();
    } else if (item && /^[1-7]$/.test(event.key)) {
      const button = item.querySelectorAll(".classes button")[Number(event.key) - 1];
      if (button) decide(item, button);
    }
  });
  if (metrics.dataset.outcome === "waiting") follow(Number(metrics.dataset.analysis));
};

/* On a narrow screen the row of pages scrolls: show the one that is open. */
const showOpenPage = () => {
  const open = document.querySelector("nav [aria-current]");
  if (open) open.parentElement.scrollLeft = open.offsetLeft - open.parentElement.offsetLeft;
};

document.addEventListener("DOMContentLoaded", () => {
  showOpenPage();
  addHover();
  addEventListener("resize", addHover);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", addHover);
  const list = document.getElementById("review");
  if (list) review(list);
});
