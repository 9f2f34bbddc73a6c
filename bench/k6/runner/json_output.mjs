// `--out json=FILE`: every sample as a line of JSON, in the form that k6 writes and dashboards read.
import { createWriteStream } from 'node:fs';

/// Writes until `end()`, which resolves when all is in the file.
export function writeSamples(file, metrics) {
  const out = createWriteStream(file);
  const told = new Set();
  const line = (object) => out.write(`${JSON.stringify(object)}\n`);
  metrics.listen((metric, value, tags, time) => {
    if (!told.has(metric.name)) {
      told.add(metric.name);
      line({ type: 'Metric', data: { name: metric.name, type: metric.type, contains: metric.contains, thresholds: [], submetrics: null }, metric: metric.name });
    }
    line({ metric: metric.name, type: 'Point', data: { time: new Date(time).toISOString(), value, tags } });
  });
  return { end: () => new Promise((resolve, reject) => {
    out.on('error', reject);
    out.end(resolve);
  }) };
}
