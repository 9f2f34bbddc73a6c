// What a run leaves: the object that `handleSummary` is given, what the script makes of it, and a table where it makes nothing.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const kTrendStats = ['avg', 'min', 'med', 'max', 'p(90)', 'p(95)'];

/// `duration`: how long the run has taken, in ms.
export function summaryData(run, duration) {
  const stats = run.given.trendStats ?? run.options.summaryTrendStats ?? kTrendStats;
  const metrics = {};
  for (const { name, type, contains, sink } of run.metrics.all()) {
    const thresholds = run.thresholds.filter((threshold) => threshold.metric.name === name);
    if (sink.isEmpty && thresholds.length === 0) continue;
    metrics[name] = { type, contains, values: sink.values(stats, duration / 1000) };
    if (thresholds.length) metrics[name].thresholds = Object.fromEntries(thresholds.map(({ source, ok }) => [source, { ok }]));
  }
  return {
    root_group: run.groups.root,
    options: { summaryTrendStats: stats, summaryTimeUnit: run.options.summaryTimeUnit ?? '', noColor: !process.stdout.isTTY },
    state: { isStdOutTTY: Boolean(process.stdout.isTTY), isStdErrTTY: Boolean(process.stderr.isTTY), testRunDurationMs: duration },
    metrics,
    ...(run.data === undefined ? {} : { setup_data: JSON.parse(run.data) }),
  };
}

/// Gives the data to `handleSummary`, where the script has one, and writes what it answers: {stdout, stderr, [file]: text}.
export async function writeSummary(run, data) {
  const { first, given } = run;
  const { handleSummary } = first.exports;
  let made;
  if (typeof handleSummary === 'function') {
    const { error } = await first.loop.run(async () => (made = await handleSummary(first.copy(JSON.stringify(data)))));
    if (error) throw error;
  }
  made ??= { stdout: table(data) };
  for (const [where, text] of Object.entries(made)) {
    if (where === 'stdout') process.stdout.write(text);
    else if (where === 'stderr') process.stderr.write(text);
    else writeFile(where, text);
  }
  if (given.summaryExport) writeFile(given.summaryExport, JSON.stringify(exported(data), null, 4));
}

function writeFile(name, text) {
  mkdirSync(path.dirname(path.resolve(name)), { recursive: true });
  writeFileSync(name, typeof text === 'string' ? text : Buffer.from(text));
}

/// The older form, which `--summary-export` writes: values stand in the metric itself, and a threshold is true where it failed.
function exported({ root_group, metrics }) {
  return { root_group, metrics: Object.fromEntries(Object.entries(metrics).map(([name, { values, thresholds }]) => [name, {
    ...values, ...(thresholds ? { thresholds: Object.fromEntries(Object.entries(thresholds).map(([source, { ok }]) => [source, !ok])) } : {}),
  }])) };
}

function table({ metrics }) {
  const shown = (value) => (Number.isInteger(value) ? String(value) : value.toFixed(3));
  const lines = Object.keys(metrics).sort().map((name) => {
    const { values, thresholds = {} } = metrics[name];
    const marks = Object.entries(thresholds).map(([source, { ok }]) => `\n    ${ok ? '✓' : '✗'} ${source}`).join('');
    return `${name.padEnd(36, '.')} ${Object.entries(values).map(([stat, value]) => `${stat}=${shown(value)}`).join(' ')}${marks}`;
  });
  return `\n${lines.join('\n')}\n`;
}
