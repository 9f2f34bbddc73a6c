// setTimeout and its kin for one VU: a timer keeps its iteration going, and ends with it.

/// The functions of `k6/timers`, which scripts find as globals, too.
export function timersOf(loop) {
  const timers = new Map();
  let last = 0;

  const start = (make, stop, isOnce) => (callback, delay = 0, ...given) => {
    if (typeof callback !== 'function') throw new TypeError('a timer needs a function');
    const id = ++last;
    const handle = { close: () => { stop(timer); timers.delete(id); } };
    const timer = make(() => loop.call(() => {
      if (!timers.has(id)) return;
      try {
        callback(...given);
      } finally {
        if (isOnce) clear(id);
      }
    }), delay);
    timers.set(id, handle);
    loop.add(handle);
    return id;
  };
  const clear = (id) => {
    const handle = timers.get(id);
    if (!handle) return;
    handle.close();
    loop.remove(handle);
  };
  return {
    setTimeout: start(setTimeout, clearTimeout, true),
    setInterval: start(setInterval, clearInterval, false),
    clearTimeout: clear,
    clearInterval: clear,
  };
}
