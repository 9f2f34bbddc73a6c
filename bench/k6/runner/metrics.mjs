// All metrics of a run by name, and their parts by tags: `octavo_ttft{scenario:after}` hears only the samples that carry
// these tags, and exists because a threshold asks for it.
import { invalid } from './exit_code.mjs';
import { kSinks } from './sinks.mjs';

const kBuiltIn = {
  vus: ['gauge'], vus_max: ['gauge'], iterations: ['counter'], iteration_duration: ['trend', 'time'],
  dropped_iterations: ['counter'], checks: ['rate'], group_duration: ['trend', 'time'],
  data_sent: ['counter', 'data'], data_received: ['counter', 'data'],
  http_reqs: ['counter'], http_req_failed: ['rate'], http_req_duration: ['trend', 'time'], http_req_blocked: ['trend', 'time'],
  http_req_connecting: ['trend', 'time'], http_req_tls_handshaking: ['trend', 'time'], http_req_sending: ['trend', 'time'],
  http_req_waiting: ['trend', 'time'], http_req_receiving: ['trend', 'time'],
  ws_sessions: ['counter'], ws_connecting: ['trend', 'time'], ws_session_duration: ['trend', 'time'],
  ws_msgs_sent: ['counter'], ws_msgs_received: ['counter'], ws_ping: ['trend', 'time'],
};

const kName = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/// `name{tag:value,tag:value}` -> [name, [[tag, value], ...]].
export function parseMetricName(text) {
  const match = /^([^{}]+?)\s*(?:\{(.*)\})?$/.exec(text.trim());
  if (!match) throw invalid(`no metric is named ${JSON.stringify(text)}`);
  const tags = (match[2] ?? '').split(',').filter((part) => part.trim()).map((part) => {
    const colon = part.indexOf(':');
    if (colon < 1) throw invalid(`a part of a metric is told as tag:value, not as ${JSON.stringify(part)}`);
    const bare = (word) => word.trim().replace(/^(["'])(.*)\1$/, '$2');
    return [bare(part.slice(0, colon)), bare(part.slice(colon + 1))];
  });
  return [match[1], tags];
}

export class Metric {
  /// Parts by the value of their first tag, by that tag: a sample finds its own without asking every part.
  #parts = new Map();

  constructor(name, type, contains) {
    Object.assign(this, { name, type, contains, sink: new kSinks[type]() });
  }

  /// The part that hears the samples with all of these tags.
  part(name, tags) {
    const part = new Metric(name, this.type, this.contains);
    const [[tag, value]] = tags;
    if (!this.#parts.has(tag)) this.#parts.set(tag, new Map());
    const byValue = this.#parts.get(tag);
    byValue.set(value, [...(byValue.get(value) ?? []), { metric: part, tags }]);
    return part;
  }

  add(value, tags) {
    this.sink.add(value);
    for (const [tag, byValue] of this.#parts) {
      for (const part of byValue.get(String(tags[tag])) ?? []) {
        if (part.tags.every(([name, wanted]) => String(tags[name]) === wanted)) part.metric.sink.add(value);
      }
    }
  }
}

export class Metrics {
  #metrics = new Map();
  #listeners = [];

  constructor() {
    for (const [name, [type, contains = 'default']] of Object.entries(kBuiltIn)) this.#metrics.set(name, new Metric(name, type, contains));
  }

  /// A metric of the script's own; the same name twice is the same metric.
  declare(name, type, isTime = false) {
    if (!kName.test(name)) throw new Error(`invalid metric name: ${JSON.stringify(name)}`);
    const contains = isTime ? 'time' : 'default';
    const known = this.#metrics.get(name);
    if (known && (known.type !== type || known.contains !== contains)) throw new Error(`metric ${name} is a ${known.type} of ${known.contains} already`);
    if (!known) this.#metrics.set(name, new Metric(name, type, contains));
    return this.#metrics.get(name);
  }

  /// A metric or a part of one, which is made when it is asked for first; nothing where the metric itself is unknown.
  find(text) {
    const [name, tags] = parseMetricName(text);
    const metric = this.#metrics.get(name);
    if (!metric || tags.length === 0) return metric;
    if (!this.#metrics.has(text)) this.#metrics.set(text, metric.part(text, tags));
    return this.#metrics.get(text);
  }

  add(name, value, tags, time) {
    const metric = this.#metrics.get(name);
    metric.add(value, tags);
    for (const listener of this.#listeners) listener(metric, value, tags, time);
  }

  /// `listener(metric, value, tags, time)` hears every sample; parts are not told by themselves.
  listen(listener) {
    this.#listeners.push(listener);
  }

  /// Those that have heard a sample, and those that are asked for by a threshold, by name.
  all() {
    return [...this.#metrics.values()];
  }
}
