// Which named lane of the connection carries which answer. A lane runs one answer at a time, and a
// connection may name only so many over its life, so lanes are used again.

export class Lanes {
  #busy = new Map();
  #last = new Map();

  /// `prefix`: of the names. An answer keeps its lane over a reload, so no other page may use the same.
  constructor(count = 16, prefix = 'page') {
    this.names = Array.from({ length: count }, (_, i) => `${prefix}-${i + 1}`);
  }

  /// A free lane for an answer; the one that carried `parent`, if it is free and `parent` was the last
  /// on it. Null: all are busy.
  take(answerId, parent) {
    const free = this.names.filter((name) => !this.#busy.has(name));
    const lane = free.find((name) => this.#last.get(name) === parent) ?? free.find((name) => !this.#last.has(name)) ?? free[0];
    if (lane === undefined) return null;
    this.#busy.set(lane, answerId);
    this.#last.set(lane, answerId);
    return lane;
  }

  /// The answer that runs on a lane.
  at(lane) {
    return this.#busy.get(lane);
  }

  of(answerId) {
    return [...this.#busy].find(([, id]) => id === answerId)?.[0];
  }

  /// An answer goes on by the lane that it had on another connection.
  adopt(lane, answerId) {
    this.#busy.set(lane, answerId);
  }

  release(lane) {
    this.#busy.delete(lane);
  }

  /// A new connection knows no lanes. Returns the answers that ran.
  reset() {
    const cut = [...this.#busy.values()];
    this.#busy.clear();
    this.#last.clear();
    return cut;
  }
}
