// What must hold of the metrics for a run to pass: `p(95)<200`, `rate>0.99`, `count==0`. A metric without samples fails none,
// as in k6.
import { parseDuration } from './duration.mjs';
import { invalid } from './exit_code.mjs';

const kExpression = /^\s*(count|rate|value|avg|min|max|med|p\(\s*\d+(?:\.\d+)?\s*\))\s*(<=|>=|===|==|!=|<|>)\s*([+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*$/i;
const kAggregations = { counter: ['count', 'rate'], gauge: ['value'], rate: ['rate'], trend: ['avg', 'min', 'max', 'med', 'p'] };
const kHolds = {
  '<': (a, b) => a < b, '<=': (a, b) => a <= b, '>': (a, b) => a > b, '>=': (a, b) => a >= b,
  '==': (a, b) => a === b, '===': (a, b) => a === b, '!=': (a, b) => a !== b,
};

/// {aggregation, operator, limit}. Throws where the expression is none.
export function parseExpression(text) {
  const match = kExpression.exec(text);
  if (!match) throw invalid(`no threshold: ${JSON.stringify(text)}`);
  const aggregation = match[1].toLowerCase().replace(/\s/g, '');
  if (aggregation.startsWith('p(') && Number(aggregation.slice(2, -1)) > 100) throw invalid(`no percentile: ${JSON.stringify(text)}`);
  return { aggregation, operator: match[2], limit: Number(match[3]) };
}

export class Threshold {
  /// Whether it held when it was last looked at; until then it does.
  ok = true;

  constructor(metric, given) {
    const { threshold, abortOnFail = false, delayAbortEval = 0 } = typeof given === 'string' ? { threshold: given } : given;
    if (typeof threshold !== 'string') throw invalid(`a threshold of ${metric.name} is an expression, not ${JSON.stringify(given)}`);
    Object.assign(this, { metric, source: threshold, abortOnFail, delay: parseDuration(delayAbortEval, 'delayAbortEval') });
    Object.assign(this, parseExpression(threshold));
    if (!kAggregations[metric.type].includes(this.aggregation.replace(/\(.*/, ''))) {
      throw invalid(`${metric.name} is a ${metric.type} and has no ${this.aggregation}: ${threshold}`);
    }
  }

  /// `seconds`: how long the run has taken.
  evaluate(seconds) {
    const { sink } = this.metric;
    this.ok = sink.isEmpty || kHolds[this.operator](sink.aggregate(this.aggregation, seconds), this.limit);
    return this.ok;
  }
}

/// The thresholds of a script's options. Throws where one names no metric, or something that its metric has not.
export function readThresholds(options, metrics) {
  return Object.entries(options ?? {}).flatMap(([name, given]) => {
    const metric = metrics.find(name);
    if (!metric) throw invalid(`a threshold names the metric ${name}, which nobody declares`);
    return [given].flat().map((each) => new Threshold(metric, each));
  });
}

/// The first threshold that ends the run now, or nothing.
export function aborting(thresholds, seconds) {
  return thresholds.find((each) => each.abortOnFail && seconds * 1000 >= each.delay && !each.evaluate(seconds));
}
