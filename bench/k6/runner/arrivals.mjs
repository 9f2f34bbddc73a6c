// When iterations begin in an open model: clients come at their own rate, however slow the server is. A timer per iteration
// would drift, so the times are computed from the rate alone, each by itself.

/// Yields the milliseconds after the start at which iterations begin, at `rate` a `unit` (ms), the first at once.
export function* constantArrivals(rate, unit, duration) {
  if (rate <= 0) return;
  for (let n = 0; ; ++n) {
    const at = n * unit / rate;
    if (at >= duration) return;
    yield at;
  }
}

/// The same for a rate that goes in a straight line from `startRate` to each stage's `target` within its `duration` (ms): the
/// n-th iteration begins when the integral of the rate reaches n.
export function* rampingArrivals(startRate, stages, unit) {
  let before = 0;      // The integral at the start of the stage.
  let start = 0;       // ... and the time.
  let from = startRate / unit;
  let n = 1;
  for (const { target, duration } of stages) {
    const to = target / unit;
    const after = before + (from + to) / 2 * duration;
    const slope = duration > 0 ? (to - from) / duration : 0;
    for (; n <= after + 1e-9; ++n) {
      const area = n - before;
      // from * t + slope / 2 * t^2 = area, in the form that stays exact where slope is small.
      const root = Math.sqrt(Math.max(0, from * from + 2 * slope * area));
      yield start + Math.min(duration, 2 * area / (from + root));
    }
    before = after;
    start += duration;
    from = to;
  }
}

/// Calls `arrive(n)` (n from 0) at each of the times. What is late is called at once and not left out. Resolves after the
/// last, or when `signal` says stop.
export async function keepTo(times, clock, signal, arrive) {
  const start = clock.now();
  let n = 0;
  for (const at of times) {
    const early = start + at - clock.now();
    if (early > 0) await clock.sleep(early, signal);
    if (signal.aborted) return;
    arrive(n++);
  }
}
