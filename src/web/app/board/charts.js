// What the dashboard draws: for each chart its name, what it says, its unit and its lines.

const count = (value) => (value >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString());
const share = (value) => `${(100 * value).toFixed(value < 0.1 ? 1 : 0)} %`;

/// Seconds in words.
export function duration(seconds) {
  if (seconds < 0.01) return `${(1000 * seconds).toFixed(1)} ms`;
  if (seconds < 1) return `${(1000 * seconds).toFixed(0)} ms`;
  return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
}

const kPercentiles = [50, 90, 99];
const percentiles = (name) => kPercentiles.map((p) => [`${name}${p}`, `p${p}`]);

/// lines: [name of the value, its words] each; `least`: the smallest value that the axis ends with.
export const kCharts = [
  { name: 'Requests', note: 'what runs, waits or gave way', words: count, least: 4, lines: [['running', 'running'], ['waiting', 'waiting'], ['preempted', 'preempted']] },
  { name: 'Tokens a second', note: 'given to clients, and of prompts', words: count, least: 10, lines: [['tokens', 'generated'], ['promptTokens', 'prompt']] },
  { name: 'Memory', note: 'share of the KV blocks in use', words: share, least: 1, lines: [['device', 'device'], ['host', 'host']] },
  { name: 'Time to the first token', note: 'of requests that ended within 30 s', words: duration, least: 0.01, lines: percentiles('ttft') },
  { name: 'Time between tokens', note: 'within 30 s', words: duration, least: 0.01, lines: percentiles('itl') },
  { name: 'Prefix cache', note: 'share of prompt tokens found, within 30 s', words: share, least: 1, lines: [['hits', 'found']] },
  { name: 'Preemptions', note: 'a second', words: count, least: 1, lines: [['preemptions', 'preemptions']] },
  { name: 'Ends', note: 'requests a second', words: count, least: 1, lines: [['ended', 'ended'], ['failed', 'failed'], ['refused', 'refused']] },
  { name: 'Connections', note: 'open ones, this page too', words: count, least: 4, lines: [['connections', 'open']] },
];

/// The end of an axis: the next of 1, 2, 5, 10, ... that `most` does not exceed.
export function axisEnd(most, least) {
  const wanted = Math.max(most, least);
  const power = 10 ** Math.floor(Math.log10(wanted));
  return [1, 2, 5, 10].map((digit) => digit * power).find((end) => end >= wanted * (1 - 1e-9));
}

/// The way of one line through a field of `width` by 100, newest at its right; gaps are left open. span: samples that fit.
export function pathOf(samples, name, end, span, width) {
  let path = '';
  let isDown = false;
  samples.forEach(({ values }, i) => {
    const value = values[name];
    if (value === null || value === undefined) return (isDown = false);
    const x = width - ((samples.length - 1 - i) * width) / Math.max(1, span - 1);
    path += `${isDown ? 'L' : 'M'}${x.toFixed(1)} ${(100 - (100 * Math.min(value, end)) / end).toFixed(1)}`;
    isDown = true;
    return undefined;
  });
  return path;
}
