import "./page.js";
import "./live.js";
import "./clock.js";
import "./keyboard.js";
import "./charts.js";
