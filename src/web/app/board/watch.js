// What a dashboard knows: asks for both feeds on every new connection, and makes a sample of them each second, whether or not
// anything has changed. The only writer of the dashboard's state.
import { BlockMap } from '../wire/block_map.js';
import { Link } from '../wire/link.js';
import { sampleOf } from './sample.js';

const kKey = 'octavo-api-key'; // As the chat page keeps it, for this tab.
const kIntervalMs = 500;
const kSampleMs = 1000;
export const kKept = 601; // Ten minutes and the moment that they begin with.

export class Watch {
  #state;
  #link;
  #map = new BlockMap();
  #load = null; // The last one told.
  #history = []; // Samples with what they are made of, shown or not.

  constructor(state) {
    this.#state = state;
    this.#link = new Link({
      onOpen: (model) => this.#opened(model),
      onEvent: (event) => this.#hear(event),
      onFrame: () => {},
      onClose: () => this.#lost(),
      onKeyNeeded: (wasRefused) => this.#state.set({ link: 'locked', wasRefused }),
    });
  }

  start() {
    setInterval(() => this.#tick(), kSampleMs);
    return this.#link.open(sessionStorage.getItem(kKey));
  }

  useKey(key) {
    sessionStorage.setItem(kKey, key);
    this.#state.set({ link: 'opening', wasRefused: false });
    this.#link.open(key);
  }

  reconnect() {
    this.#link.hurry();
  }

  /// Lets what is shown stand still, or go on with what has come meanwhile.
  hold(isHeld) {
    this.#state.set({ isHeld, ...(isHeld ? {} : { samples: [...this.#history] }) });
  }

  #opened(model) {
    this.#map = new BlockMap();
    this.#state.set({ link: 'open', model: model.id, blocks: null });
    this.#link.send({ type: 'octavo:subscribe', topic: 'metrics', interval_ms: kIntervalMs, totals: true });
    this.#link.send({ type: 'octavo:subscribe', topic: 'blocks', interval_ms: kIntervalMs });
  }

  #hear(event) {
    if (event.type === 'octavo:metrics') this.#load = event;
    if (event.type === 'octavo:blocks' && this.#map.apply(event)) this.#state.set({ blocks: { map: this.#map } });
  }

  // Totals of a server that was started again begin anew: no difference spans the gap.
  #lost() {
    this.#load = null;
    if (this.#state.value.link === 'open') this.#state.set({ link: 'lost' });
  }

  #tick() {
    this.#history = [...this.#history.slice(1 - kKept), sampleOf(this.#load, performance.now(), this.#history)];
    if (!this.#state.value.isHeld) this.#state.set({ samples: [...this.#history] });
  }
}
