// <figure data-behaviour="line-chart"> draws its own data-series with uPlot, which is loaded only where a chart is.
import { eachNew } from "./behaviours.js";

eachNew("line-chart", async figure => (await import("./line-chart.js")).draw(figure));
