// What the executors know of time. Tests have a clock of their own, which they move by hand.

/// Milliseconds since 1970, with fractions, that never run backwards.
export const wallNow = () => performance.timeOrigin + performance.now();

export const realClock = {
  now: () => performance.now(),

  /// Resolves after so many milliseconds, or at once when `signal` (an AbortSignal) says stop.
  sleep: (ms, signal) => new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  }),
};
