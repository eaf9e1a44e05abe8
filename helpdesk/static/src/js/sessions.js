import "./show-password.js";
import "./theme.js";
