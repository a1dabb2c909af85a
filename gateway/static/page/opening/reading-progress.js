/** How far the reading of a file is, with a button that stops it. */

import { fill, found } from "../shared/dom.js";
import { percent } from "../shared/words.js";

const SHOWN_AFTER = 300; // milliseconds: what is read sooner needs no bar

export class ReadingView {
  /** @param {() => void} stop */
  constructor(stop) {
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this.timer = undefined;
    found("stop-reading").addEventListener("click", stop);
  }

  begin() {
    this.end();
    this.tell({ step: "Opening", share: 0 });
    this.timer = setTimeout(() => { found("reading-file").hidden = false; }, SHOWN_AFTER);
  }

  /** @param {import("./tasks.js").Progress} progress the share is of this step alone */
  tell({ step, share }) {
    fill(found("read-step"), step);
    Object.assign(found("read"), { value: share });
    fill(found("read-share"), percent(share));
  }

  end() {
    clearTimeout(this.timer);
    found("reading-file").hidden = true;
  }
}
