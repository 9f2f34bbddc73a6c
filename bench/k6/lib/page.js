// The summary as one page that needs nothing else: the verdict, the figures, their course, and every metric.
import { course, metricsOf, rounded, shown, thresholdsOf } from './figures.js';
import { kNumSlices, runSeconds } from './metrics.js';
import { escaped, plotOf } from './plots.js';

const kStyle = `
:root { color-scheme: light dark; --back: #fff; --fore: #1d2228; --soft: #667079; --line: #e3e6e9; --card: #f6f7f8; --good: #1a7f37; --bad: #c4232b; --c0: #2262c9; --c1: #c2570c; --c2: #1b8a5a; }
@media (prefers-color-scheme: dark) { :root { --back: #14171a; --fore: #e4e7ea; --soft: #97a1ab; --line: #2c3238; --card: #1c2126; --good: #4cc26a; --bad: #ff7b72; --c0: #79a8ff; --c1: #f2a05c; --c2: #59c795; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1180px; padding: 28px 24px 48px; background: var(--back); color: var(--fore); font: 15px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 26px; } h2 { margin: 36px 0 12px; font-size: 17px; } small, .soft { color: var(--soft); font-weight: normal; }
.verdict { color: var(--good); } .verdict.bad, td.bad { color: var(--bad); } td.good { color: var(--good); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(160px, 1fr)); gap: 12px; margin-top: 20px; }
.tiles div { background: var(--card); border-radius: 8px; padding: 12px 14px; } .tiles b { display: block; font-size: 21px; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 20px; }
figure { margin: 0; background: var(--card); border-radius: 8px; padding: 12px 14px; } figcaption { font-weight: 600; }
.key { float: right; font-weight: normal; font-size: 13px; } .key span { margin-left: 12px; } .key i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 5px; background: var(--c); }
svg { display: block; width: 100%; margin-top: 8px; } svg text { fill: var(--soft); font-size: 11px; } .grid { stroke: var(--line); }
.c0 { --c: var(--c0); } .c1 { --c: var(--c1); } .c2 { --c: var(--c2); } .line { stroke: var(--c); stroke-width: 2; fill: none; } circle, rect { fill: var(--c); }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; color: var(--soft); font-weight: 500; } td, th { padding: 5px 14px 5px 0; border-bottom: 1px solid var(--line); white-space: nowrap; } td + td, th + th { text-align: right; }
td.left, th.left { text-align: left; } code { font: 13px ui-monospace, monospace; }`;

/** @typedef {import('./figures.js').Data} Data */

/** @param {Data} data */
function tilesOf(data) {
  /** @type {[string, string, string][]} */
  const wanted = [
    ['octavo_ok', 'rate', 'responses as they should be'], ['octavo_response_duration', 'count', 'responses measured'], ['octavo_output_tokens', 'rate', 'tokens a second'],
    ['octavo_ttft', 'med', 'first token, median'], ['octavo_ttft', 'p(95)', 'first token, p95'], ['octavo_itl', 'med', 'between tokens, median'],
    ['octavo_itl', 'p(99)', 'between tokens, p99'], ['octavo_server_queue', 'p(95)', "in the server's queue, p95"], ['octavo_refused', 'count', 'turned away'],
    ['octavo_text_differences', 'count', 'texts that differ'], ['octavo_cuts', 'count', 'connections cut'], ['octavo_cancel_time', 'p(95)', 'from cancel to end, p95'],
    ['octavo_idle_opened', 'count', 'idle sockets'], ['octavo_arrival_rate', 'max', 'requests a second at most'], ['dropped_iterations', 'count', 'requests that had no VU'],
  ];
  return wanted.map(([name, stat, words]) => {
    const metric = data.metrics[name];
    if (!metric || (metric.type === 'trend' && !metric.values.count)) return '';
    const value = stat === 'count' ? String(metric.values.count) : shown(metric.values[stat], metric);
    return `<div><b>${escaped(value)}</b><span class="soft">${escaped(words)}</span></div>`;
  }).join('');
}

/** `p(95)` -> `p95`. @param {string} stat */
const bare = (stat) => stat.replace(/p\((.*)\)/, 'p$1');

/** @param {Data} data */
function plotsOverTime(data) {
  const slice = runSeconds() / kNumSlices;
  if (!slice) return '';
  // A run that was ended early has no more slices than this.
  const number = Math.max(2, Math.min(kNumSlices, Math.ceil(data.state.testRunDurationMs / 1000 / slice)));
  const labels = Array.from({ length: number }, (_, n) => timeOf(n * slice));
  const values = (/** @type {string} */ name, /** @type {string} */ stat) => course(data, name, stat).slice(0, number);
  const rates = values('octavo_output_tokens', 'count').map((count) => (count === null ? null : count / slice));
  const both = (/** @type {string} */ name, /** @type {string} */ high) => [
    { name: 'median', values: values(name, 'med'), color: 0 }, { name: bare(high), values: values(name, high), color: 1 },
  ];
  return plotOf({ title: 'First token over time', unit: 'ms', labels, series: both('octavo_ttft', 'p(95)') })
    + plotOf({ title: 'Between tokens over time', unit: 'ms', labels, series: both('octavo_itl', 'p(99)') })
    + plotOf({ title: 'Tokens over time', unit: 'a second, of responses that ended then', labels, isBars: true, series: [{ name: 'tokens a second', values: rates, color: 2 }] });
}

/** @param {number} seconds */
const timeOf = (seconds) => (runSeconds() < 120 ? `${Number(seconds.toFixed(1))} s` : runSeconds() < 7200 ? `${Number((seconds / 60).toFixed(1))} min` : `${Number((seconds / 3600).toFixed(1))} h`);

/** @param {Data} data */
function plotByPercentile(data) {
  const stats = ['min', 'med', 'p(75)', 'p(90)', 'p(95)', 'p(99)', 'p(99.9)', 'max'];
  const series = [['octavo_ttft', 'first token'], ['octavo_itl', 'between tokens'], ['octavo_server_queue', "server's queue"]].map(([name, words], color) => {
    const metric = data.metrics[name];
    return { name: words, color, values: metric && metric.values.count ? stats.map((stat) => metric.values[stat] || null) : [] };
  }).filter((each) => each.values.length);
  return plotOf({ title: 'Times by percentile', unit: 'ms, logarithmic', labels: stats.map(bare), series, isLog: true });
}

/** @param {Data} data */
function thresholdTable(data) {
  const rows = thresholdsOf(data).map(({ name, source, ok, value }) =>
    `<tr><td class="left ${ok ? 'good' : 'bad'}">${ok ? '✓ holds' : '✗ fails'}</td><td class="left"><code>${escaped(name)}</code></td><td class="left"><code>${escaped(source)}</code></td><td>${escaped(value)}</td></tr>`);
  return `<table><tr><th class="left"></th><th class="left">metric</th><th class="left">threshold</th><th>measured</th></tr>${rows.join('')}</table>`;
}

/** @param {Data} data */
function metricTables(data) {
  const all = metricsOf(data);
  const table = (/** @type {string} */ words, /** @type {string[]} */ stats, /** @type {[string, import('./figures.js').Metric][]} */ metrics) => (metrics.length === 0 ? '' : `<h2>${words}</h2><div class="wide"><table>`
    + `<tr><th></th>${stats.map((stat) => `<th>${escaped(stat)}</th>`).join('')}</tr>`
    + metrics.map(([name, metric]) => `<tr><td><code>${escaped(name)}</code></td>${stats.map((stat) => `<td>${cell(metric, stat)}</td>`).join('')}</tr>`).join('')
    + '</table></div>');
  const ofType = (/** @type {string} */ type) => all.filter(([, metric]) => metric.type === type);
  return table('Times and sizes', ['count', 'min', 'med', 'avg', 'p(95)', 'p(99)', 'max'], ofType('trend'))
    + table('Counters', ['count', 'a second'], ofType('counter')) + table('Rates', ['rate', 'passes', 'fails'], ofType('rate')) + table('Gauges', ['value', 'min', 'max'], ofType('gauge'));
}

/**
 * @param {import('./figures.js').Metric} metric
 * @param {string} stat
 */
function cell(metric, stat) {
  if (stat === 'a second') return rounded(metric.values.rate);
  const value = metric.values[stat];
  if (value === undefined || (metric.type === 'trend' && !metric.values.count && stat !== 'count')) return '';
  return ['count', 'passes', 'fails'].includes(stat) ? String(value) : escaped(shown(value, metric));
}

/**
 * @param {string} name
 * @param {string} target
 * @param {Data} data
 */
export function pageOf(name, target, data) {
  const failed = thresholdsOf(data).filter(({ ok }) => !ok).length;
  const verdict = failed === 0 ? 'all thresholds hold' : failed === 1 ? 'one threshold fails' : `${failed} thresholds fail`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(name)}: ${verdict}</title><style>${kStyle}</style></head><body>
<h1>${escaped(name)} <span class="verdict${failed ? ' bad' : ''}">${verdict}</span></h1>
<div class="soft">${escaped(target)}, ${escaped(new Date().toISOString().slice(0, 16).replace('T', ' '))} UTC, ${(data.state.testRunDurationMs / 1000).toFixed(0)} s</div>
<div class="tiles">${tilesOf(data)}</div>
<h2>Thresholds</h2><div class="wide">${thresholdTable(data)}</div>
<h2>Course and distribution</h2><div class="plots">${plotsOverTime(data)}${plotByPercentile(data)}</div>
${metricTables(data)}
</body></html>
`;
}
