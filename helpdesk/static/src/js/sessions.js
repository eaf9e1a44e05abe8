import "./refused.js";
import "./show-password.js";
import "./theme.js";
import "./zone.js";
