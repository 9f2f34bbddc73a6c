// How far a prompt is, in words: for whoever looks at the place of the answer, and for screen readers now and then.

function ordinal(number) {
  const ends = number % 100 >= 11 && number % 100 <= 13 ? {} : { 1: 'st', 2: 'nd', 3: 'rd' };
  return `${number}${ends[number % 10] ?? 'th'}`;
}

function timeWords(ms) {
  if (!(ms > 0)) return null;
  if (ms < 90_000) return `about ${Math.max(1, Math.round(ms / 1000))} s`;
  return `about ${Math.round(ms / 60_000)} min`;
}

/// { main, detail: perhaps empty, share: of the prompt, null while it waits }.
export function progressWords({ position, promptTokens, computedTokens, timeLeftMs }) {
  const time = timeWords(timeLeftMs);
  if (position > 0) return { main: position === 1 ? 'Waiting, next in line' : `Waiting, ${ordinal(position)} in line`, detail: time ? `(${time})` : '', share: null };
  const share = promptTokens > 0 ? Math.min(1, computedTokens / promptTokens) : 0;
  const tokens = `${computedTokens.toLocaleString('en')} of ${promptTokens.toLocaleString('en')} tokens`;
  return { main: `Reading the prompt: ${Math.floor(100 * share)} %`, detail: `(${[tokens, time].filter(Boolean).join(', ')})`, share };
}

function stageOf(progress) {
  if (!progress) return null;
  if (progress.position > 0) return progress.position === 1 ? 'next' : 'in line';
  return Math.floor((4 * progress.computedTokens) / Math.max(1, progress.promptTokens));
}

/// What screen readers are told of a change; null for most: only when it begins and with each quarter of the prompt.
export function progressSaid(before, after) {
  const stage = stageOf(after);
  if (stage === null || stage === stageOf(before) || stage === 4) return null;
  return progressWords(after).main;
}
