// What screen readers are told of an answer: when it begins, and what it says when it has ended. A long one is not read out
// whole: its beginning, and how much there is.
const kWhole = 500;
const kBeginning = 300;

export const kBegun = 'The answer is being written.';
export const kThinking = 'The model is thinking.';

export function saidOf({ phase, text, calls = [], error }) {
  if (phase === 'failed') return `The answer failed: ${error}`;
  const words = text.trim();
  const end = phase === 'stopped' ? ' Stopped.' : '';
  const called = calls.length > 0 ? `The model calls ${calls.map(({ name }) => name).join(' and ')}, and waits for what it returns.` : '';
  if (words.length <= kWhole) return [`${words}${end}`.trim(), called].filter(Boolean).join(' ');
  const beginning = words.slice(0, kBeginning).replace(/\s+\S*$/, '');
  return `${beginning} … The answer has ${words.split(/\s+/).length.toLocaleString('en')} words.${end}${called && ` ${called}`}`;
}
