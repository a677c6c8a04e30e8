"use strict";

/* Charts: what the server has drawn stays for paper and for those without this script. */

const formatted = (value, unit) => {
  if (value === null || value === undefined) return "not measurable";
  if (unit.startsWith("share")) return (value * 100).toFixed(1) + " %";
  return value.toLocaleString("en", { maximumFractionDigits: Math.abs(value) < 10 ? 2 : 0 });
};

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const bandOf = (line, place, ink) => [
  {
    type: "line", stack: "band" + place, stackStrategy: "all", symbol: "none", silent: true,
    lineStyle: { opacity: 0 }, data: line.low, tooltip: { show: false }, animation: false,
  },
  {
    type: "line", stack: "band" + place, stackStrategy: "all", symbol: "none", silent: true, animation: false,
    lineStyle: { opacity: 0 }, areaStyle: { color: ink, opacity: 0.13 }, tooltip: { show: false },
    data: line.high.map((high, at) => (high === null || line.low[at] === null ? null : high - line.low[at])),
  },
];

const optionOf = (told) => {
  const inks = [colour("--accent"), colour("--second")];
  const soft = colour("--soft");
  const series = told.lines.flatMap((line, place) => [
    ...(line.low.length ? bandOf(line, place, inks[place]) : []),
    {
      type: "line", name: line.name, data: line.values, showSymbol: false, symbolSize: 7, animation: false,
      lineStyle: { color: inks[place], width: 2.2, type: place ? "dashed" : "solid" }, itemStyle: { color: inks[place] },
      markLine: {
        symbol: "none", silent: true, label: { show: false }, animation: false,
        lineStyle: { color: inks[place], type: "dashed" }, data: line.changes.map((at) => ({ xAxis: at })),
      },
    },
  ]);
  const said = (place) =>
    [told.labels[place]]
      .concat(told.lines.map((line) => {
        const span = line.low[place] !== null && line.low[place] !== undefined
          ? "  (" + formatted(line.low[place], told.unit) + " to " + formatted(line.high[place], told.unit) + ")" : "";
        return line.name + ": " + formatted(line.values[place], told.unit) + span;
      }))
      .join("\n");
  return {
    animation: false,
    grid: { left: 8, right: 14, top: 14, bottom: 4, containLabel: true },
    tooltip: {
      trigger: "axis", renderMode: "richText", confine: true, backgroundColor: colour("--sheet"),
      borderColor: colour("--rule"), textStyle: { color: colour("--ink"), fontSize: 13, lineHeight: 20 },
      formatter: (found) => said(found[0].dataIndex),
    },
    xAxis: {
      type: "category", data: told.labels, boundaryGap: false, axisLabel: { color: soft, hideOverlap: true },
      axisLine: { lineStyle: { color: colour("--rule") } }, axisTick: { show: false },
    },
    yAxis: {
      type: "value", axisLabel: { color: soft, formatter: (value) => formatted(value, told.unit).replace(".0 %", " %") },
      splitLine: { lineStyle: { color: colour("--rule") } }, min: told.lines.every((line) => line.values.every((v) => v === null || v >= 0)) ? 0 : null,
    },
    series,
  };
};

const draw = () => {
  if (typeof echarts === "undefined") return;
  for (const figure of document.querySelectorAll("figure[data-chart]")) {
    const told = JSON.parse(figure.dataset.chart);
    let canvas = figure.querySelector(".canvas");
    if (!canvas) {
      canvas = document.createElement("div");
      canvas.className = "canvas";
      canvas.setAttribute("aria-hidden", "true");
      figure.prepend(canvas);
      figure.classList.add("live");
    }
    const known = echarts.getInstanceByDom(canvas) || echarts.init(canvas, null, { renderer: "canvas" });
    known.setOption(optionOf(told), true);
  }
};

const redraw = () => {
  for (const canvas of document.querySelectorAll(".canvas")) echarts.getInstanceByDom(canvas)?.resize();
};

/* Review: one key decides the ticket in focus. */

const decide = async (item, button) => {
  const body = new URLSearchParams(new FormData(button.form));
  body.set("class", button.value);
  item.setAttribute("aria-busy", "true");
  const answer = await fetch(button.form.action, {
    method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin",
  });
  if (!answer.ok) {
    button.form.requestSubmit(button);
    return;
  }
  const next = item.nextElementSibling || item.previousElementSibling;
  const status = document.getElementById("decided");
  status.textContent = item.dataset.key + ": " + button.value + ". ";
  item.remove();
  if (next?.classList.contains("review-item")) next.focus();
  else location.reload();
};

const review = (list) => {
  list.addEventListener("submit", (event) => {
    if (!event.submitter) return;
    event.preventDefault();
    decide(event.target.closest(".review-item"), event.submitter);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(input|select|textarea)$/i.test(event.target.tagName)) return;
    const items = [...list.querySelectorAll(".review-item")];
    const item = document.activeElement?.closest(".review-item");
    if (event.key === "j" || event.key === "k") {
      const at = items.indexOf(item) + (event.key === "j" ? 1 : -1);
      items[Math.max(0, Math.min(items.length - 1, at))]?.focus();
    } else if (item && /^[1-7]$/.test(event.key)) {
      const button = item.querySelectorAll(".classes button")[Number(event.key) - 1];
      if (button) decide(item, button);
    }
  });
};

document.addEventListener("DOMContentLoaded", () => {
  draw();
  addEventListener("resize", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  const list = document.getElementById("review");
  if (list) review(list);
});
