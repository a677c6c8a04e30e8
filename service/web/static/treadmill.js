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

/* Review: one key decides the ticket in focus or undoes the last decision; the numbers follow the analysis. */

const ASKED_AT_MOST = 240; /* the server lets each wait for some seconds: ten minutes in all */

const review = (list) => {
  const moved = document.getElementById("moved");
  const following = document.getElementById("following");
  const decided = document.getElementById("decided");
  const undo = document.getElementById("undo");
  const decisions = [];
  let awaited = 0;
  let follower = 0;

  const sent = async (form, changes) => {
    const body = new URLSearchParams(new FormData(form));
    for (const [name, value] of Object.entries(changes)) body.set(name, value);
    const answer = await fetch(form.action, {
      method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin", mode: "same-origin",
    }).catch(() => null);
    if (answer?.ok) return answer.json();
    decided.textContent = "That was not kept. Load the page again.";
    return null;
  };

  const numbersOf = async (analysis) => {
    const place = new URL(moved.dataset.ask, location.href);
    place.searchParams.set("analysis", analysis);
    const options = { credentials: "same-origin", mode: "same-origin" };
    const answer = await fetch(place, options).catch(() => null);
    return { status: answer?.status, text: answer?.status === 200 ? await answer.text() : "" };
  };

  const follow = async (analysis) => {
    awaited = Math.max(awaited, analysis);
    const mine = ++follower;
    moved.setAttribute("aria-busy", "true");
    following.textContent = "Analysing what was decided. The numbers follow.";
    let answer = { status: 202 };
    for (let asked = 0; answer.status === 202 && asked < ASKED_AT_MOST; asked++) {
      answer = await numbersOf(awaited);
      if (mine !== follower) return;
    }
    moved.removeAttribute("aria-busy");
    if (answer.status === 200) moved.innerHTML = answer.text;
    following.textContent = answer.status === 200 ? "The numbers are up to date."
      : "These numbers may not have in them what was decided last: they follow with the next analysis.";
  };

  const offerUndo = () => {
    undo.hidden = !decisions.length;
    undo.elements.ticket.value = decisions.at(-1)?.ticket ?? "";
  };

  const decide = async (item, button) => {
    if (item.hasAttribute("aria-busy")) return;
    item.setAttribute("aria-busy", "true");
    const ticket = button.form.elements.ticket.value;
    const told = await sent(button.form, { class: button.value });
    item.removeAttribute("aria-busy");
    if (!told) return;
    const next = item.nextElementSibling || item.previousElementSibling;
    if (!next) {
      location.assign(told.onward);
      return;
    }
    decisions.push({ item, ticket, after: item.previousElementSibling });
    const hadFocus = item.contains(document.activeElement);
    item.remove();
    if (hadFocus) next.focus();
    decided.textContent = item.dataset.key + ": " + button.value + ".";
    offerUndo();
    follow(told.analysis);
  };

  const takeBack = async () => {
    if (undo.hasAttribute("aria-busy")) return;
    undo.setAttribute("aria-busy", "true");
    const last = decisions.at(-1);
    const told = await sent(undo, {});
    undo.removeAttribute("aria-busy");
    if (!told) return;
    const { item, after } = last;
    decisions.splice(decisions.indexOf(last), 1);
    if (after?.isConnected) after.after(item);
    else list.prepend(item);
    item.focus();
    decided.textContent = item.dataset.key + " is undecided again.";
    offerUndo();
    follow(told.analysis);
  };

  list.addEventListener("submit", (event) => {
    if (!event.submitter) return;
    event.preventDefault();
    decide(event.target.closest(".review-item"), event.submitter);
  });
  undo?.addEventListener("submit", (event) => {
    if (!decisions.length) return;
    event.preventDefault();
    takeBack();
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
  if (moved.dataset.outcome === "waiting") follow(Number(moved.dataset.analysis));
};

document.addEventListener("DOMContentLoaded", () => {
  draw();
  addEventListener("resize", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  const list = document.getElementById("review");
  if (list) review(list);
});
