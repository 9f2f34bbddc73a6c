// The page's one state: a value that is replaced, and whoever watches it is told once per frame.
// What is drawn is what was told: parts that are drawn at different moments belong together.
// What decides where the next key goes cannot wait for a frame, and is told at once.
import { useEffect, useState } from 'preact/hooks';

export class State {
  #value;
  #told;
  #watchers = new Set();
  #isScheduled = false;
  #urgent;

  /// A change of the part of that name is told at once.
  constructor(value, urgent) {
    this.#value = value;
    this.#told = value;
    this.#urgent = urgent;
  }

  get value() {
    return this.#value;
  }

  /// The value of which the watchers know.
  get told() {
    return this.#told;
  }

  set(change) {
    const before = this.#value;
    this.#value = { ...before, ...change };
    if (this.#value[this.#urgent] !== before[this.#urgent]) return this.#tell();
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // A hidden page gets no frames.
    if (document.hidden) setTimeout(() => this.#tell(), 100);
    else requestAnimationFrame(() => this.#tell());
  }

  watch(watcher) {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  #tell() {
    this.#isScheduled = false;
    this.#told = this.#value;
    for (const watcher of this.#watchers) watcher(this.#told);
  }
}

/// The part of the state that `pick` returns; the component is drawn again when that changes.
export function usePart(state, pick) {
  const [, redraw] = useState(0);
  const picked = pick(state.told);
  useEffect(() => {
    let last = picked;
    const look = (value) => {
      const next = pick(value);
      if (next !== last) redraw((n) => n + 1);
      last = next;
    };
    look(state.told);
    return state.watch(look);
  });
  return picked;
}
