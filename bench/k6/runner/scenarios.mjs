// What a script and the command line ask for, as a list of scenarios in which nothing is left open.
import { parseDuration } from './duration.mjs';
import { invalid } from './exit_code.mjs';

/// What each executor must (true) or may be told, and what holds where it is not.
const kFields = {
  'shared-iterations': { vus: 1, iterations: 1, maxDuration: '10m' },
  'per-vu-iterations': { vus: 1, iterations: 1, maxDuration: '10m' },
  'constant-vus': { vus: 1, duration: true },
  'ramping-vus': { startVUs: 1, stages: true, gracefulRampDown: '30s' },
  'constant-arrival-rate': { rate: true, timeUnit: '1s', duration: true, preAllocatedVUs: true, maxVUs: 0 },
  'ramping-arrival-rate': { startRate: 0, timeUnit: '1s', stages: true, preAllocatedVUs: true, maxVUs: 0 },
};
const kCommon = { startTime: '0s', gracefulStop: '30s', exec: 'default', env: {}, tags: {} };
const kDurations = ['duration', 'maxDuration', 'startTime', 'gracefulStop', 'gracefulRampDown', 'timeUnit'];
const kWholes = ['vus', 'iterations', 'startVUs', 'preAllocatedVUs', 'maxVUs'];

function readScenario(name, given) {
  const { executor } = given;
  const fields = kFields[executor];
  if (!fields) {
    const why = executor === 'externally-controlled' ? ': k6 2.0 has taken it away' : '';
    throw invalid(`scenario ${name}: there is no executor ${JSON.stringify(executor)}${why}`);
  }
  const scenario = { name, executor, iterations: 0 };
  for (const [field, value] of Object.entries({ ...kCommon, ...fields })) {
    const own = given[field] ?? value;
    if (own === true && value === true) throw invalid(`scenario ${name}: ${executor} needs ${field}`);
    scenario[field === 'iterations' ? 'wanted' : field] = kDurations.includes(field) ? parseDuration(own, `${field} of scenario ${name}`) : own;
    if (kWholes.includes(field) && !(Number.isInteger(own) && own >= 0)) throw invalid(`scenario ${name}: ${field} is no whole number: ${JSON.stringify(own)}`);
  }
  const known = ['executor', 'options', ...Object.keys(kCommon), ...Object.keys(fields)];
  const strange = Object.keys(given).find((field) => !known.includes(field));
  if (strange) throw invalid(`scenario ${name}: ${executor} knows no ${strange}`);
  return withStages(scenario);
}

function withStages(scenario) {
  const { name } = scenario;
  if (scenario.stages) {
    if (!Array.isArray(scenario.stages) || scenario.stages.length === 0) throw invalid(`scenario ${name}: stages is a list of {duration, target}`);
    scenario.stages = scenario.stages.map(({ duration, target }) => {
      if (!Number.isFinite(target) || target < 0) throw invalid(`scenario ${name}: a stage's target is no number: ${JSON.stringify(target)}`);
      return { target, duration: parseDuration(duration, `a stage of scenario ${name}`) };
    });
    scenario.duration = scenario.stages.reduce((sum, stage) => sum + stage.duration, 0);
  }
  if (scenario.rate !== undefined && !(scenario.rate > 0)) throw invalid(`scenario ${name}: rate is more than 0`);
  if (scenario.executor === 'shared-iterations' && scenario.wanted < scenario.vus) throw invalid(`scenario ${name}: fewer iterations than VUs`);
  if (scenario.preAllocatedVUs !== undefined) scenario.maxVUs = Math.max(scenario.maxVUs, scenario.preAllocatedVUs);
  scenario.limit = scenario.duration ?? scenario.maxDuration;
  return scenario;
}

/// The shortest form, which has no scenarios: `vus` with `iterations`, `duration` or `stages`.
function shortForm({ vus, iterations, duration, stages }) {
  if (stages) return { executor: 'ramping-vus', startVUs: vus ?? 1, stages };
  if (iterations) return { executor: 'shared-iterations', vus: vus ?? 1, iterations, ...(duration ? { maxDuration: duration } : {}) };
  if (duration) return { executor: 'constant-vus', vus: vus ?? 1, duration };
  return { executor: vus > 1 ? 'shared-iterations' : 'per-vu-iterations', vus: vus ?? 1, iterations: vus ?? 1 };
}

/// `options`: the script's; `flags`: {vus, duration, iterations} of the command line, which stand in place of all scenarios.
export function readScenarios(options, flags = {}) {
  const isShort = ['duration', 'iterations'].some((name) => flags[name] !== undefined);
  if (!isShort && options.scenarios) {
    const list = Object.entries(options.scenarios).map(([name, given]) => readScenario(name, given));
    if (list.length === 0) throw invalid('scenarios is empty');
    return list;
  }
  return [readScenario('default', shortForm({ ...(isShort ? {} : options), vus: options.vus, ...flags }))];
}
