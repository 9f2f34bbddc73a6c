// When is an iteration over? When its function has returned and nothing can call back into it any more: no timer, no request
// and no socket is left. Each VU has one such loop.

export class EventLoop {
  #pending = 0;
  #handles = new Set();
  #waiting = [];
  #naps = 0;
  #settle = () => {};
  #turn = 0;

  /// Runs `body` to the end of all that it begins. Resolves to {interrupted, error}; what is left after an error or an
  /// interruption is closed.
  async run(body) {
    const end = new Promise((resolve) => (this.#settle = resolve));
    this.#pending = 1;
    // A function that an interruption has left behind may still end later, and says nothing of the next iteration.
    const turn = ++this.#turn;
    const ifMine = (then) => (result) => { if (turn === this.#turn) then(result); };
    Promise.resolve().then(body).then(ifMine(() => this.#less()), ifMine((error) => this.fail(error)));
    const { interrupted = false, error } = await end;
    this.#settle = () => {};
    this.#pending = 0;
    this.#waiting = [];
    for (const handle of this.#handles) handle.close();
    this.#handles.clear();
    return { interrupted, error };
  }

  interrupt() {
    this.#settle({ interrupted: true });
  }

  fail(error) {
    this.#settle({ error });
  }

  /// Something that may call back: {close(), pause?(), resume?()}. It counts until it is removed.
  add(handle) {
    this.#handles.add(handle);
    this.#pending += 1;
  }

  remove(handle) {
    if (this.#handles.delete(handle)) this.#less();
  }

  #less() {
    this.#pending -= 1;
    if (this.#pending === 0) this.#settle({});
  }

  /// Calls back into the script, after a nap if it takes one. An error there ends the iteration.
  call(callback) {
    if (this.#naps > 0) {
      this.#waiting.push(callback);
      return;
    }
    try {
      callback();
    } catch (error) {
      this.fail(error);
    }
  }

  /// As in k6 nothing of the VU is called meanwhile, and besides its sockets are not read. Resolves when it is over.
  nap(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#naps -= 1;
        resolve();
        if (this.#naps === 0) this.#wake();
        this.remove(handle);
      }, ms);
      const close = () => {
        clearTimeout(timer);
        this.#naps -= 1;
      };
      const handle = { close };
      this.add(handle);
      this.#naps += 1;
      for (const each of this.#handles) each.pause?.();
    });
  }

  #wake() {
    const waiting = this.#waiting;
    this.#waiting = [];
    // A callback may take the next nap; then the rest waits again.
    for (const callback of waiting) this.call(callback);
    if (this.#naps === 0) for (const each of this.#handles) each.resume?.();
  }
}
