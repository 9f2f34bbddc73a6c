// Durations as scripts write them ("1m30s", "500ms", or a number of milliseconds), in milliseconds.
import { invalid } from './exit_code.mjs';

const kUnits = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1, us: 1e-3 };
const kWhole = /^(\d+(\.\d+)?(ms|us|[dhms]))+$/;
const kPart = /(\d+(?:\.\d+)?)(ms|us|[dhms])/g;

/// Milliseconds. Throws where the text is no duration; `what` names it in the message.
export function parseDuration(text, what = 'a duration') {
  if (typeof text === 'number' && text >= 0) return text;
  if (typeof text === 'string' && /^\d+(\.\d+)?$/.test(text)) return Number(text);
  if (typeof text !== 'string' || !kWhole.test(text)) throw invalid(`${what} is no duration: ${JSON.stringify(text)}`);
  let sum = 0;
  for (const [, number, unit] of text.matchAll(kPart)) sum += Number(number) * kUnits[unit];
  return sum;
}
