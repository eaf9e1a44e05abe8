import "./page.js";
import "./conversation.js";
import "./stream.js";
import "./typing.js";
import "./seen.js";
import "./zone.js";
