// How far the prompt of an answer is, as octavo:response.progress tells it.

const kManyMs = 1_000; // What takes less is over before it is read.
const kManyTokens = 1_000; // As many are left where nobody knows how long they take.

/// position: in line, 0 when it has begun.
export function progressOf(event) {
  return { position: event.queue_position, promptTokens: event.prompt_tokens, computedTokens: event.computed_tokens, timeLeftMs: event.time_left_ms };
}

/// What has been told once is told to its end.
export function isWorthTelling({ position, promptTokens, computedTokens, timeLeftMs }, before) {
  return before !== null || position > 0 || timeLeftMs >= kManyMs || (timeLeftMs === 0 && promptTokens - computedTokens >= kManyTokens);
}
