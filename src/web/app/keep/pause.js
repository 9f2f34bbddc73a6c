// For long work in pieces: lets the page draw and listen now and then.
const kWorkMs = 12;

/// pause() goes on at once while the page has not waited for long; else after what waits has had its turn.
export function newPause() {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < kWorkMs) return;
    await new Promise((resolve) => setTimeout(resolve));
    last = performance.now();
  };
}
