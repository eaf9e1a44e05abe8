import "./page.js";
import "./conversation.js";
import "./live.js";
import "./clock.js";
import "./canned.js";
import "./keyboard.js";
import "./palette.js";
import "./presence.js";
