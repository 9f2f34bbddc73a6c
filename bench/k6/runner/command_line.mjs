// What stands on the command line, as k6 takes it.
import { parseArgs } from 'node:util';
import { invalid } from './exit_code.mjs';

export const kHelp = `usage: bench/k6/run.mjs [run] SCRIPT.js [flags]

Runs a k6 script where k6 is not installed. Flags mean what they mean to k6:
  -e, --env NAME=value         a variable of __ENV; those of the process are there, too
  -u, --vus N                  virtual users
  -d, --duration TIME          how long, as 30s or 5m
  -i, --iterations N           how many iterations in all
      --tag NAME=value         a tag of every sample
      --local-ips A,B-C        addresses that connections come from, in turn; a range of one network
      --summary-export FILE    the summary as JSON, in k6's older form
      --summary-trend-stats L  as avg,med,p(99)
      --out json=FILE          every sample as a line of JSON
      --no-thresholds          look at none
  -q, --quiet                  no lines about the progress
  -h, --help

-d and -i stand in place of the script's scenarios. Exit codes: 99 a threshold failed, 100 and 101 setup or teardown took too long,
104 wrong options, 105 a signal, 107 an error in the script, 108 exec.test.abort(), 110 exec.test.fail().
`;

const kFlags = {
  env: { type: 'string', short: 'e', multiple: true, default: [] }, vus: { type: 'string', short: 'u' }, duration: { type: 'string', short: 'd' },
  iterations: { type: 'string', short: 'i' }, tag: { type: 'string', multiple: true, default: [] }, 'local-ips': { type: 'string' },
  'summary-export': { type: 'string' }, 'summary-trend-stats': { type: 'string' }, out: { type: 'string', short: 'o', multiple: true, default: [] },
  'no-thresholds': { type: 'boolean' }, quiet: { type: 'boolean', short: 'q' }, help: { type: 'boolean', short: 'h' },
};

const pairs = (list, flag) => Object.fromEntries(list.map((text) => {
  const equals = text.indexOf('=');
  if (equals < 1) throw invalid(`--${flag} is given as NAME=value, not as ${text}`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}));

function whole(text, flag) {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d*$/.test(text)) throw invalid(`--${flag} is a whole number above 0, not ${text}`);
  return Number(text);
}

/// `127.0.0.1-127.0.0.4,10.0.0.1` -> each address by itself.
export function addresses(text) {
  return (text ?? '').split(',').filter(Boolean).flatMap((part) => {
    const [first, last = first] = part.split('-');
    const [, net, from] = /^(.*\.)(\d+)$/.exec(first) ?? [];
    const [, same, to] = /^(.*\.)(\d+)$/.exec(last) ?? [];
    if (net === undefined || net !== same || Number(to) < Number(from)) throw invalid(`--local-ips: ${part} is no range of one network`);
    return Array.from({ length: to - from + 1 }, (_, i) => `${net}${Number(from) + i}`);
  });
}

/// {help} or what a Run is given, with `out`: files for samples.
export function readCommandLine(args, environment) {
  let parsed;
  try {
    parsed = parseArgs({ args, options: kFlags, allowPositionals: true });
  } catch (error) {
    throw invalid(error.message);
  }
  const { values, positionals } = parsed;
  if (values.help) return { help: true };
  const scripts = positionals[0] === 'run' ? positionals.slice(1) : positionals;
  if (scripts.length !== 1) throw invalid('one script is run: bench/k6/run.mjs SCRIPT.js');
  const out = values.out.map((text) => {
    if (!text.startsWith('json=')) throw invalid(`--out: this runner writes json=FILE, not ${text}`);
    return text.slice('json='.length);
  });
  const flags = { vus: whole(values.vus, 'vus'), duration: values.duration, iterations: whole(values.iterations, 'iterations') };
  return {
    script: scripts[0], env: { ...environment, ...pairs(values.env, 'env') }, tags: pairs(values.tag, 'tag'),
    flags: Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined)),
    localIps: addresses(values['local-ips']), quiet: values.quiet, thresholds: !values['no-thresholds'],
    trendStats: values['summary-trend-stats']?.split(','), summaryExport: values['summary-export'], out,
  };
}
