// What a run leaves behind: NAME.json with all numbers, NAME.html to look at, and a table on the terminal. OUT names where:
// `-e OUT=results/`; the folder must be there.
import { text, url } from './config.js';
import { metricsOf, shown, thresholdsOf } from './figures.js';
import { pageOf } from './page.js';

export const kTrendStats = ['count', 'min', 'avg', 'med', 'p(75)', 'p(90)', 'p(95)', 'p(99)', 'p(99.9)', 'max'];

/** What the table on the terminal shows of each kind of metric. @type {Record<string, string[]>} */
const kShown = { trend: ['count', 'med', 'p(95)', 'p(99)', 'max'], counter: ['count', 'rate'], rate: ['rate', 'fails'], gauge: ['value', 'max'] };

/**
 * @param {import('./figures.js').Data} data
 */
function tableOf(data) {
  const lines = metricsOf(data).filter(([name]) => /^(octavo_|checks|iterations|dropped_|http_req_duration|ws_connecting|ws_sessions)/.test(name)).map(([name, metric]) => {
    const values = kShown[metric.type].map((stat) => {
      const isCount = stat === 'count' || stat === 'fails';
      const unit = stat === 'rate' && metric.type === 'counter' ? '/s' : '';
      return `${stat} ${isCount ? metric.values[stat] : shown(metric.values[stat], metric)}${unit}`;
    });
    return `  ${name.padEnd(38)} ${values.join('   ')}`;
  });
  const marks = thresholdsOf(data).map(({ name, source, ok, value }) => `  ${ok ? 'holds' : 'FAILS'}  ${name}: ${source}${value ? ` (${value})` : ''}`);
  return `\n${lines.join('\n')}\n\n${marks.join('\n')}\n\n`;
}

/**
 * `handleSummary` of a script.
 * @param {string} name
 */
export function summaryOf(name) {
  const out = text('OUT', '');
  return (/** @type {any} */ data) => ({
    stdout: tableOf(data),
    [`${out}${name}.json`]: JSON.stringify({ script: name, target: url, ...data }, null, 1),
    [`${out}${name}.html`]: pageOf(name, url, data),
  });
}
