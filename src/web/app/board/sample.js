// One moment of the server as numbers that can be drawn: levels as they are, totals as rates, times as percentiles.

const kRateSamples = 3; // Rates over three seconds: of what comes in bursts, one second shows the bursts.
const kWindowSamples = 30; // Percentiles and shares over half a minute.

/// The value below which a share `q` of the counted times lie, in seconds, by going straight through its bucket; null: there is
/// none. bounds: upper ones, rising; counts: times in each bucket, one more than bounds for what lies above.
export function quantile(q, bounds, counts) {
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all <= 0) return null;
  let below = 0;
  for (let i = 0; i < bounds.length; ++i) {
    if (below + counts[i] >= q * all) {
      const low = i > 0 ? bounds[i - 1] : 0;
      return counts[i] > 0 ? low + (bounds[i] - low) * ((q * all - below) / counts[i]) : bounds[i];
    }
    below += counts[i];
  }
  return bounds.at(-1); // Above: nobody knows how far.
}

/// The sample `numBack` before the one to be, or the oldest since the last gap; undefined after a gap.
function before(history, numBack) {
  for (let i = Math.max(0, history.length - numBack); i < history.length; ++i) {
    if (history.slice(i).every((sample) => sample.load)) return history[i];
  }
  return undefined;
}

function rates(load, at, last) {
  const seconds = last ? (at - last.at) / 1000 : 0;
  const rate = (name) => (last ? Math.max(0, load.totals[name] - last.load.totals[name]) / seconds : null);
  return {
    tokens: rate('generation_tokens'),
    promptTokens: rate('prompt_tokens'),
    ended: rate('ended'),
    failed: rate('failed'),
    refused: rate('refused'),
    preemptions: rate('preemptions'),
  };
}

function times(load, last) {
  const values = {};
  for (const [name, short] of [['time_to_first_token', 'ttft'], ['inter_token_latency', 'itl']]) {
    const { bounds, counts } = load.times[name];
    const added = last ? counts.map((count, i) => Math.max(0, count - last.load.times[name].counts[i])) : [];
    for (const q of [0.5, 0.9, 0.99]) values[`${short}${q * 100}`] = quantile(q, bounds, added);
  }
  return values;
}

function hitShare(load, last) {
  const queries = last ? load.totals.prefix_queries - last.load.totals.prefix_queries : 0;
  return queries > 0 ? (load.totals.prefix_hits - last.load.totals.prefix_hits) / queries : null;
}

/// load: the last `octavo:metrics` with its totals, or null while there is no connection; at: milliseconds.
export function sampleOf(load, at, history) {
  if (!load) return { at, load: null, values: {} };
  const window = before(history, kWindowSamples);
  return {
    at,
    load,
    values: {
      running: load.running,
      waiting: load.waiting,
      preempted: load.preempted,
      device: load.device_usage,
      host: load.host_usage,
      connections: load.num_connections,
      hits: hitShare(load, window),
      ...rates(load, at, before(history, kRateSamples)),
      ...times(load, window),
    },
  };
}
