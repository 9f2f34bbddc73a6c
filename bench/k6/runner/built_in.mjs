// What stands for k6's own modules in a script of one VU: `k6`, `k6/metrics`, `k6/execution`, `k6/timers`, `k6/data`,
// `k6/http` and `k6/websockets`.
import { kSinks } from './sinks.mjs';
import { executionOf } from './execution.mjs';
import { httpOf } from './http.mjs';
import { webSocketOf } from './websocket.mjs';

export function builtInModules(vu, timers) {
  return {
    k6: basicsOf(vu),
    'k6/metrics': metricsOf(vu),
    'k6/execution': executionOf(vu),
    'k6/timers': timers,
    'k6/data': { SharedArray: sharedArrayOf(vu) },
    'k6/http': httpOf(vu),
    'k6/websockets': webSocketOf(vu),
  };
}

function basicsOf(vu) {
  const groups = () => vu.run.groups;
  return {
    check(value, checks, tags = {}) {
      let all = true;
      for (const [name, holds] of Object.entries(checks)) {
        const ok = Boolean(typeof holds === 'function' ? holds(value) : holds);
        groups().check(vu.group, name, ok);
        vu.sample('checks', ok ? 1 : 0, { check: name, ...tags });
        all &&= ok;
      }
      return all;
    },
    fail(message = 'failed') {
      throw new Error(message);
    },
    group(name, body) {
      const outer = vu.group;
      vu.group = `${outer}::${name}`;
      groups().enter(vu.group);
      const start = performance.now();
      try {
        return body();
      } finally {
        vu.sample('group_duration', performance.now() - start);
        vu.group = outer;
      }
    },
    // k6 seeds its Math.random with it; the one of Node cannot be seeded, so the script gets another.
    randomSeed(seed) {
      let state = seed >>> 0;
      vu.context.Math = Object.create(Math, { random: { value: () => {
        state = (state + 0x6D2B79F5) >>> 0;
        let mixed = Math.imul(state ^ (state >>> 15), state | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
      } } });
    },
    // In k6 the call itself takes that long. Here `await sleep(1)` does, which means the same in k6.
    sleep: (seconds) => vu.loop.nap(seconds * 1000),
  };
}

function metricsOf(vu) {
  const made = Object.keys(kSinks).map((type) => {
    const name = type[0].toUpperCase() + type.slice(1);
    return [name, { [name]: class {
      constructor(metric, isTime = false) {
        if (!vu.isInit) throw new Error('metrics must be declared in the init context');
        vu.run.metrics.declare(metric, type, isTime);
        this.name = metric;
      }

      add(value, tags) {
        if (vu.isInit) throw new Error('metrics take no samples in the init context');
        const number = Number(value);
        if (Number.isNaN(number)) throw new Error(`${this.name}.add: ${value} is no number`);
        vu.sample(this.name, number, tags);
        return true;
      }
    } }[name]];
  });
  return Object.fromEntries(made);
}

function sharedArrayOf(vu) {
  const frozen = (value) => {
    if (value && typeof value === 'object') Object.values(Object.freeze(value)).forEach(frozen);
    return value;
  };
  return class SharedArray {
    constructor(name, make) {
      if (!vu.isInit) throw new Error('a SharedArray is made in the init context');
      const { shared } = vu.run;
      if (!shared.has(name)) shared.set(name, frozen(JSON.parse(JSON.stringify(make()))));
      return shared.get(name);
    }
  };
}
