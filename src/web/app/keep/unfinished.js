// What had been heard of an answer when its page was closed, for the next page of this browser, which can take it up. The shelf is
// written now and then, and not surely at the end; this is written at once.

const kPrefix = 'octavo-unfinished-';
const kFreshMs = 120_000; // Longer than any server keeps it.

/// What is needed is the caller's matter; answerId is among it.
export function keepUnfinished(kept) {
  try {
    localStorage.setItem(kPrefix + kept.answerId, JSON.stringify({ ...kept, at: Date.now() }));
  } catch {
    // Full, or refused: then what the shelf has must do.
  }
}

/// All that is kept. `isFresh`: the server may still have it.
export function unfinished() {
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(kPrefix));
  const all = keys.map((key) => JSON.parse(localStorage.getItem(key)));
  return all.filter(({ answer }) => answer).map(({ at, ...kept }) => ({ ...kept, isFresh: Date.now() - at < kFreshMs }));
}

export function forgetUnfinished(answerId) {
  localStorage.removeItem(kPrefix + answerId);
}
