/** Draw the charts of a page into one PNG: those of Plotly, and our own, which carry `data-chart` with their title. */

const SCALE = 2;
const MARGIN = 24;
const TITLE = 28;
const LEGEND = 24;
const MOST_PIXELS = 16_000;
/** What our drawings get from the style sheet and would lose outside of the page. */
const STYLES = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-family", "font-size", "font-weight", "text-anchor"];

/**
 * Return one picture with all charts below one another, in the colours of the theme.
 * @param {Element} root
 * @returns {Promise<Blob>} PNG, two pixels for each of the page's
 * @throws {Error} where there is no chart
 */
export async function pictureOfCharts(root) {
  const found = [...root.querySelectorAll(".js-plotly-plot, svg[data-chart], canvas[data-chart]")].filter(isVisible);
  if (!found.length) throw new Error("there is no chart on this page; open a file of the results first");
  const charts = [];
  for (const element of found) charts.push(await drawn(element));
  return stacked(charts);
}

/** Return one chart as an image with its size in the page's pixels and its title. */
async function drawn(element) {
  const { width, height } = element.getBoundingClientRect();
  const title = element.dataset.chart ?? element.closest("[data-chart]")?.dataset.chart ?? "";
  if (element instanceof HTMLCanvasElement) return { image: element, width, height, title };
  const source = element instanceof SVGElement ? addressOf(element, width, height)
    : await window.Plotly.toImage(element, { format: "png", width, height, scale: SCALE });
  return { image: await loaded(source), width, height, title, lines: linesOf(element) };
}

/** Return names and colours of the lines of a chart whose names stand elsewhere on the page. */
function linesOf(element) {
  if (!element.data || element.layout?.showlegend) return [];
  return element.data.map(({ name, line, marker }) => ({ name, colour: line?.color ?? marker?.color ?? "#808080" }));
}

function addressOf(drawing, width, height) {
  const copy = drawing.cloneNode(true);
  const [originals, copies] = [drawing, copy].map((node) => [node, ...node.querySelectorAll("*")]);
  originals.forEach((original, i) => {
    const style = getComputedStyle(original);
    for (const name of STYLES) copies[i].setAttribute(name, style.getPropertyValue(name));
    copies[i].removeAttribute("class");
  });
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", String(width * SCALE));
  copy.setAttribute("height", String(height * SCALE));
  return `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
}

async function loaded(source) {
  const image = new Image();
  image.src = source;
  await image.decode();
  return image;
}

function stacked(charts) {
  const width = Math.max(...charts.map((chart) => chart.width)) + 2 * MARGIN;
  const height = charts.reduce((sum, chart) => sum + chart.height + (chart.title ? TITLE : 0) + (chart.lines?.length ? LEGEND : 0) + MARGIN, MARGIN);
  const scale = Math.min(SCALE, MOST_PIXELS / height, MOST_PIXELS / width);
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(width * scale);
  canvas.height = Math.ceil(height * scale);
  const pen = canvas.getContext("2d");
  const style = getComputedStyle(document.documentElement);
  pen.scale(scale, scale);
  pen.fillStyle = style.getPropertyValue("--surface") || "#fff";
  pen.fillRect(0, 0, width, height);
  pen.fillStyle = style.getPropertyValue("--ink") || "#000";
  pen.font = `600 15px ${style.getPropertyValue("--font") || "sans-serif"}`;
  let top = MARGIN;
  for (const chart of charts) {
    if (chart.title) {
      pen.fillText(chart.title, MARGIN, top + 14);
      top += TITLE;
    }
    if (chart.lines?.length) {
      drawLegend(pen, chart.lines, top, style);
      top += LEGEND;
    }
    pen.drawImage(chart.image, MARGIN, top, chart.width, chart.height);
    top += chart.height + MARGIN;
  }
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the charts are too large for a picture"))), "image/png");
  });
}

function drawLegend(pen, lines, top, style) {
  let left = MARGIN;
  pen.save();
  pen.font = pen.font.replace("600 15px", "13px");
  for (const { name, colour } of lines) {
    pen.fillStyle = colour;
    pen.fillRect(left, top + 8, 16, 3);
    pen.fillStyle = style.getPropertyValue("--ink-2") || "#444";
    pen.fillText(name, left + 22, top + 14);
    left += 22 + pen.measureText(name).width + 20;
  }
  pen.restore();
}

function isVisible(element) {
  const { width, height } = element.getBoundingClientRect();
  return width > 0 && height > 0;
}
