// What a page with a conversation has, on either side.
import "./composer.js";
import "./count.js";
import "./autogrow.js";
import "./attachments.js";
import "./upload-progress.js";
import "./drafts.js";
import "./emoji.js";
import "./lightbox.js";
import "./newer.js";
import "./current.js";
import "./pane.js";
