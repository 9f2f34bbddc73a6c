// What went over the connection, for whoever wants to see it. It is kept all the time, within bounds, so that what has just
// happened can be looked at; it is told to the page only while somebody looks.
import { FrameLog } from '../wire/frames.js';

export class Inspector {
  #state;
  #log = new FrameLog();
  #isWatched = false;

  constructor(state) {
    this.#state = state;
  }

  note(direction, text, isFeed) {
    this.#log.add(direction, text, Date.now(), isFeed);
    if (this.#isWatched) this.#tell();
  }

  watch(isWatched) {
    this.#isWatched = isWatched;
    this.#tell();
  }

  clear() {
    this.#log.clear();
    this.#tell();
  }

  #tell() {
    this.#state.set({ frames: this.#isWatched ? { all: this.#log.frames } : null });
  }
}
