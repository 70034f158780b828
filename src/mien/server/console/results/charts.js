/** Brings Plotly in when the first chart needs it, and dresses charts in the colours of the theme. */
import { resolved } from "./colours.js";

const SCRIPT = "/console/plotly.min.js";
/** Plotly adds rules to the page's style by itself; where it finds this mark it leaves that to our style sheet. */
const STYLE_MARK = "plotly.js-style-global";

/** Where times begin on an axis of dates, in milliseconds: Plotly would take the numbers 1000 to 9999 for years. */
const ORIGIN = Date.UTC(2000, 0, 1);

/** What has no time in it, as far as names tell. */
const TIMELESS = /\.(avif|bmp|gif|hei[cf]|jpe?g|md|png|tiff?|txt|webp)$/i;

let plotly = null;

/** Gives a time in seconds as an axis of dates wants it. */
export function onAxis(seconds) {
  return ORIGIN + seconds * 1000;
}

/** Gives a place on an axis of dates, a number or text in UTC, in seconds. */
export function fromAxis(value) {
  return ((typeof value === "number" ? value : Date.parse(`${String(value).replace(" ", "T")}Z`)) - ORIGIN) / 1000;
}

/**
 * Loads Plotly once.
 * @returns {Promise<object>} Plotly; rejects when the script cannot be had, and tries again with the next call
 */
export function loadPlotly() {
  plotly ??= new Promise((resolve, reject) => {
    if (!document.getElementById(STYLE_MARK)) {
      const mark = document.createElement("meta");
      mark.id = STYLE_MARK;
      mark.className = "no-inline-styles";
      document.head.append(mark);
    }
    const script = document.createElement("script");
    script.src = SCRIPT;
    const restore = withoutStyles(document.head);
    script.onload = () => {
      restore();
      resolve(window.Plotly);
    };
    script.onerror = () => {
      restore();
      plotly = null;
      reject(new Error("The charts' script did not load. Is the server still there?"));
    };
    document.head.append(script);
  });
  return plotly;
}

/** Brings Plotly in ahead of time if a request may hold a film or a recording: its script takes a second to read. */
export function prepareCharts({ files, urls }) {
  const names = [...files.map(({ filename }) => filename ?? ""), ...urls];
  if (names.some((name) => !TIMELESS.test(name))) loadPlotly().catch(() => {});
}

/**
 * Keeps style elements out of a node until the function it gives is called: those of Plotly's maps would be refused by
 * the content security policy, loudly, and no map is ever drawn.
 */
function withoutStyles(node) {
  node.appendChild = (child) => (child instanceof HTMLStyleElement ? child : Node.prototype.appendChild.call(node, child));
  return () => delete node.appendChild;
}

/** What every chart is made with: no logo, no buttons of Plotly's own, nothing sent anywhere. */
export const CONFIG = { displayModeBar: false, displaylogo: false, responsive: false, doubleClick: false, showTips: false, scrollZoom: false };

/** Gives the parts of a layout that the theme decides. */
export function themeLayout() {
  const ink = resolved("--chart-axis");
  const family = getComputedStyle(document.body).fontFamily;
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family, size: 11, color: ink },
    hoverlabel: { bgcolor: resolved("--raised"), bordercolor: resolved("--line-strong"), font: { family, size: 12, color: resolved("--ink") } },
  };
}

/** Gives the parts of an axis that the theme decides. */
export function themeAxis() {
  return { gridcolor: resolved("--chart-grid"), linecolor: resolved("--line-strong"), zeroline: false, tickcolor: resolved("--line-strong") };
}
