// A line chart from JSON: {"x": [seconds], "lines": [{"label", "values", "kind": main|second|before|late}], "target": number, "unit": "min"}
// in a <script type="application/json"> of the figure.
import uPlot from "uplot";

const KINDS = {
  main: { token: "--chart-1", width: 1.75 },
  second: { token: "--chart-2", width: 1.75 },
  before: { token: "--chart-2", width: 1, dash: [2, 3] },
  late: { token: "--bad", width: 0, bars: true },
};
const token = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export function draw(figure) {
  const data = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
  const box = figure.querySelector(".chart__plot");
  const plot = () => new uPlot(optionsOf(data, box.clientWidth, box.clientHeight), [data.x, ...data.lines.map(line => line.values)], box);
  let drawn = plot();
  const redraw = () => { drawn.destroy(); drawn = plot(); };
  new ResizeObserver(() => drawn.setSize({ width: box.clientWidth, height: box.clientHeight })).observe(box);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}

function optionsOf({ x, lines, target, unit = "", zone }, width, height) {
  const text = { stroke: token("--text-3"), font: `500 11px ${token("--font")}`, ticks: { show: false } };
  const grid = gridOf(Math.max(target ?? 0, ...lines.flatMap(({ values }) => values)));
  return {
    width, height, padding: [8, 96, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    scales: { y: { range: [0, grid.at(-1)] } },
    axes: [
      { ...text, grid: { show: false }, space: 120, size: 22, values: instantsOf(x, zone) },
      { ...text, size: 28, gap: 8, grid: { stroke: token("--line"), width: 1 }, splits: () => grid, values: (_, ticks) => ticks.map(tick => tick.toLocaleString("en")) },
    ],
    tzDate: zone && (seconds => uPlot.tzDate(new Date(seconds * 1e3), zone)),
    series: [{}, ...lines.map(seriesOf)],
    hooks: { drawClear: [plot => target && drawTarget(plot, target, unit)], draw: [plot => labelEnds(plot, lines, target)] },
  };
}

/** Three to five round numbers from zero to above `top`. */
function gridOf(top) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, top) / 3));
  const step = [1, 2, 5, 10].map(each => each * power).find(each => each * 4 >= top) ?? 10 * power;
  return Array.from({ length: Math.max(2, Math.ceil(top / step)) + 1 }, (_, i) => i * step);
}

function instantsOf(x, timeZone) {
  const short = x.at(-1) - x[0] <= 36 * 3600;
  const format = new Intl.DateTimeFormat("en-GB", short ? { hour: "2-digit", minute: "2-digit", timeZone } : { day: "numeric", month: "short", timeZone });
  return (_, ticks) => ticks.map(tick => format.format(tick * 1000));
}

function seriesOf({ label, kind }) {
  const { token: name, width, dash, bars } = KINDS[kind];
  return { label, stroke: token(name), width, dash, points: { show: false }, ...bars && { fill: token(name), paths: uPlot.paths.bars({ size: [0.3, 10] }) } };
}

function drawTarget(plot, target, unit) {
  const { ctx, bbox } = plot, top = plot.valToPos(target, "y", true), scale = devicePixelRatio;
  ctx.save();
  ctx.fillStyle = token("--ok-weak");
  ctx.fillRect(bbox.left, top, bbox.width, bbox.top + bbox.height - top);
  ctx.strokeStyle = ctx.fillStyle = token("--ok-text");
  ctx.setLineDash([3 * scale, 2 * scale]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, top);
  ctx.lineTo(bbox.left + bbox.width, top);
  ctx.stroke();
  ctx.font = `500 ${11 * scale}px ${token("--font")}`;
  ctx.textAlign = "left";
  ctx.textBaseline = "bottom";
  ctx.fillText(`promise ${target} ${unit}`, bbox.left + bbox.width + 8 * scale, top);
  ctx.restore();
}

function labelEnds(plot, lines, target) {
  const { ctx, bbox } = plot, scale = devicePixelRatio;
  ctx.save();
  ctx.font = `600 ${12 * scale}px ${token("--font")}`;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  // Words keep off each other and off the promise's; the main line, which comes last, has the first choice.
  const room = 14 * scale, taken = target ? [plot.valToPos(target, "y", true) - 6 * scale] : [];
  for (const { label, values, kind } of lines.toReversed()) {
    const last = values.findLastIndex(value => value !== null);
    if (last < 0 || !label || kind === "before") continue;
    const x = plot.valToPos(plot.data[0][last], "x", true), y = plot.valToPos(values[last], "y", true);
    ctx.fillStyle = token(KINDS[kind].token);
    if (kind !== "late") { ctx.beginPath(); ctx.arc(x, y, 3 * scale, 0, 7); ctx.fill(); }
    ctx.fillStyle = token(kind === "late" ? "--bad-text" : "--text");
    const wanted = y - (kind === "late" ? 4 * scale : 0);
    const at = [0, -1, 1, -2, 2].map(step => wanted + step * room).find(each => taken.every(other => Math.abs(each - other) >= room)) ?? wanted;
    ctx.fillText(label, bbox.left + bbox.width + 8 * scale, at);
    taken.push(at);
  }
  ctx.restore();
}
