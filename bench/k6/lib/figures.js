// What stands in a summary, read out of the object that k6 gives to `handleSummary`.
import { kNumSlices } from './metrics.js';

/**
 * @typedef {{ type: string, contains: string, values: Record<string, number>, thresholds?: Record<string, { ok: boolean }> }} Metric
 * @typedef {{ metrics: Record<string, Metric>, state: { testRunDurationMs: number }, root_group: any }} Data
 */

const isSlice = (/** @type {string} */ name) => name.includes('{slice:');

/**
 * The metrics by name, without those that exist for the plots over time alone.
 * @param {Data} data
 * @returns {[string, Metric][]}
 */
export const metricsOf = (data) => Object.entries(data.metrics).filter(([name]) => !isSlice(name)).sort(([a], [b]) => (a < b ? -1 : 1));

/**
 * The thresholds that may fail.
 * @param {Data} data
 */
export function thresholdsOf(data) {
  return metricsOf(data).flatMap(([name, metric]) => Object.entries(metric.thresholds || {})
    .filter(([source]) => !/^(max|count|rate)>=0$/.test(source))
    .map(([source, { ok }]) => ({ name, source, ok, value: valueOf(metric, source) })));
}

/**
 * The number that a threshold looks at, where the summary has it.
 * @param {Metric} metric
 * @param {string} source
 */
function valueOf(metric, source) {
  const aggregation = source.split(/[<>=!]/)[0].trim();
  const value = metric.values[aggregation];
  return value === undefined ? '' : shown(value, metric);
}

/**
 * One number of a metric by slice of the run; nothing where a slice has no sample.
 * @param {Data} data
 * @param {string} name
 * @param {string} stat
 * @returns {(number | null)[]}
 */
export function course(data, name, stat) {
  return Array.from({ length: kNumSlices }, (_, slice) => {
    const metric = data.metrics[`${name}{slice:${slice}}`];
    if (!metric || (metric.type === 'trend' && !metric.values.count)) return null;
    return metric.values[stat];
  });
}

/**
 * A number as people read it: milliseconds with their unit, shares in per cent.
 * @param {number} value
 * @param {{ type: string, contains: string }} metric
 */
export function shown(value, { type, contains }) {
  if (contains === 'time') return value >= 10000 ? `${(value / 1000).toFixed(1)} s` : `${rounded(value)} ms`;
  if (type === 'rate') return `${(value * 100).toFixed(value === 1 || value === 0 ? 0 : 2)} %`;
  return rounded(value);
}

/**
 * Three digits, without an exponent.
 * @param {number} value
 */
export function rounded(value) {
  if (Number.isInteger(value) || Math.abs(value) >= 100) return value.toFixed(0);
  return Math.abs(value) < 0.001 ? '0' : String(Number(value.toPrecision(3)));
}
