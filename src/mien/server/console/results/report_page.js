/* Draws the charts of a report. Runs in the report, a page by itself, and finds everything it needs in it. */
"use strict";
(() => {
  // Plotly would take the numbers 1000 to 9999 for years, not for milliseconds.
  const origin = Date.UTC(2000, 0, 1);
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const colours = () => {
    const style = getComputedStyle(document.documentElement);
    const read = (name) => style.getPropertyValue(name).trim();
    return { lines: [1, 2, 3, 4, 5, 6, 7, 8].map((number) => read(`--chart-${number}`)), axis: read("--muted"), grid: read("--line"), ink: read("--ink"), ground: read("--ground") };
  };

  function layoutOf({ kind, until, labels, groups }, { axis, grid, ink, ground }) {
    const common = { gridcolor: grid, linecolor: axis, zeroline: false };
    const shared = { paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { family: "system-ui, sans-serif", size: 12, color: axis },
      hoverlabel: { bgcolor: ground, font: { color: ink } }, legend: { orientation: "h", y: -0.18, x: 0 } };
    if (kind === "bars") {
      return { ...shared, height: 80 + 22 * labels.length * Math.max(1, groups.length * 0.7), margin: { l: 150, r: 16, t: 8, b: 48 }, showlegend: groups.length > 1, xaxis: { ...common, rangemode: "tozero" }, yaxis: common };
    }
    const format = until >= 3600000 ? "%-H:%M:%S" : "%-M:%S";
    return { ...shared, height: 300, margin: { l: 44, r: 16, t: 8, b: 56 }, hovermode: "x unified", xaxis: { ...common, type: "date", range: [origin, origin + Math.max(1000, until)], tickformat: format, hoverformat: format }, yaxis: { ...common, rangemode: "tozero" } };
  }

  function tracesOf(chart, { lines }) {
    if (chart.kind === "bars") {
      return chart.groups.map(({ name, values }, i) => ({ type: "bar", orientation: "h", name, x: values, y: chart.labels, marker: { color: lines[i % lines.length] }, hovertemplate: "%{y}: %{x:.2f}<extra></extra>" }));
    }
    return chart.lines.map(({ name, x, y }, i) => ({ type: "scatter", mode: chart.dots ? "lines+markers" : "lines", name, x: x.map((milliseconds) => origin + milliseconds), y, connectgaps: false, line: { color: lines[i % lines.length], width: 1.75 }, hovertemplate: "%{y:.2f}" }));
  }

  function draw() {
    const theme = colours();
    charts.forEach((chart, i) => window.Plotly.react(`chart-${i}`, tracesOf(chart, theme), layoutOf(chart, theme), { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["lasso2d", "select2d"] }));
  }

  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
})();
