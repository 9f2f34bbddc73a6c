// What the page knows of the server's memory: asks for the two feeds while somebody looks, and again
// on every new connection; keeps the picture, the load of the last while, and what is pointed at.
import { BlockMap } from '../wire/block_map.js';

const kTopics = ['blocks', 'metrics'];
const kIntervalMs = 250;
const kSamples = 240;

export class Memory {
  #state;
  #send; // Does nothing without a connection.
  #map = new BlockMap();
  #isWatched = false;

  constructor(state, send) {
    this.#state = state;
    this.#send = send;
  }

  watch(isWatched) {
    if (isWatched === this.#isWatched) return;
    this.#isWatched = isWatched;
    this.#ask(isWatched);
  }

  /// The conversation, and perhaps the message in it, whose blocks are to be lit; null: none.
  light(lit) {
    this.#state.set({ lit });
  }

  opened() {
    if (this.#isWatched) this.#ask(true);
  }

  lost() {
    this.#map = new BlockMap();
    this.#state.set({ blocks: null, loads: [] });
  }

  /// True when the event was one of the feeds'.
  take(event) {
    if (event.type === 'octavo:blocks') {
      if (this.#map.apply(event)) this.#state.set({ blocks: { map: this.#map } });
    } else if (event.type === 'octavo:metrics') {
      this.#state.set({ loads: [...this.#state.value.loads.slice(1 - kSamples), { at: performance.now(), ...event }] });
    } else {
      return false;
    }
    return true;
  }

  #ask(isWanted) {
    for (const topic of kTopics) {
      this.#send(isWanted ? { type: 'octavo:subscribe', topic, interval_ms: kIntervalMs } : { type: 'octavo:unsubscribe', topic });
    }
  }
}
