// Every load script, shortly, one after the other: with k6 where it is on the PATH, else with the runner beside this file; the
// first line says which. Exits with 1 when a script does not end as it should. `make load` calls it.
// usage: node run_all.mjs (--binary OCTAVO | --url http://HOST:PORT) [--only load,mux] [--runner k6|node]
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const model = here('../../examples/demo-model/model');

/// What each script is told, for two minutes in all with the demo model on two cores; `flags`: a server of its own; `codes`: ends
/// that are as they should be.
const kRuns = [
  { script: 'smoke' },
  { script: 'load', env: { RATE: 10, RAMP: '3s', DURATION: '10s' } },
  // A server with few places and a short queue, so that it has somebody to turn away.
  { script: 'stress', env: { RATE: 40, DURATION: '4s', MAX_TOKENS: 128, GRACE: '30s' }, flags: ['--max-num-seqs', '4', '--max-queue', '8'] },
  { script: 'spike', env: { RATE: 4, DURATION: '5s', RECOVERY: '5s' } },
  { script: 'soak', env: { RATE: 5, DURATION: '15s', WATCH_EVERY: 2 } },
  { script: 'breakpoint', env: { RATE: 200, DURATION: '15s', DELAY: '3s', TTFT_MS: 300 }, codes: [0, 99] },
  { script: 'idle', env: { SOCKETS: 2000, VUS: 20, RATE: 5, OPENING: '5s', DURATION: '6s' } },
  { script: 'mux', env: { DURATION: '5s' } },
  { script: 'cancel', env: { DURATION: '5s' } },
  { script: 'resume', env: { DURATION: '10s' } },
  { script: 'slow_reader', env: { DURATION: '5s' } },
  { script: 'http', env: { DURATION: '5s' } },
  { script: 'drain', env: { DURATION: '20s', MAX_TOKENS: 256 }, flags: [], stopsServer: 3000 },
];

const { values } = parseArgs({ options: { binary: { type: 'string' }, url: { type: 'string' }, only: { type: 'string' }, runner: { type: 'string' } } });
if (!values.binary === !values.url) {
  console.error('usage: node bench/k6/run_all.mjs (--binary OCTAVO | --url http://HOST:PORT) [--only load,mux] [--runner k6|node]');
  process.exit(2);
}

function chooseTool() {
  const found = spawnSync('k6', ['version'], { encoding: 'utf8' });
  if (values.runner !== 'node' && found.status === 0) return { command: ['k6', 'run', '--no-usage-report'], words: `k6 runs the scripts: ${found.stdout.trim()}` };
  if (values.runner === 'k6') throw new Error('k6 is not on the PATH');
  return { command: [process.execPath, here('run.mjs')], words: 'bench/k6/run.mjs runs the scripts, not k6' + (values.runner ? '' : ', which is not on the PATH') };
}

/// A server on a free port: {url, stop()}. stop() resolves when it has ended.
function startServer(flags) {
  const limits = ['--max-connections', '20000', '--max-connections-per-address', '0', '--max-handshakes-per-address', '0', '--drain-timeout', '20'];
  const child = spawn(values.binary, ['serve', model, '--port', '0', '--log-level', 'warning', ...limits, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  return new Promise((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (bytes) => {
      said += bytes;
      const match = /serving at (http:\/\/\S+?)\/?\s/.exec(said);
      if (match) resolve({ url: match[1], stop: () => { child.kill(); return ended; } });
    });
    ended.then((code) => reject(new Error(`the server ended with ${code} before it listened`)));
  });
}

function runScript(command, script, env) {
  const out = here('results/');
  const flags = ['-q', ...Object.entries({ ...env, OUT: out }).flatMap(([name, value]) => ['-e', `${name}=${value}`])];
  const child = spawn(command[0], [...command.slice(1), ...flags, here(`${script}.js`)], { stdio: 'inherit' });
  return new Promise((resolve) => child.on('exit', (code) => resolve(code ?? 1)));
}

async function runOne(command, shared, { script, env = {}, flags, codes = [0], stopsServer }) {
  const own = flags && values.binary ? await startServer(flags) : null;
  const { url } = own ?? shared;
  console.log(`\n== ${script} ${Object.entries(env).map(([name, value]) => `${name}=${value}`).join(' ')}`);
  const start = Date.now();
  // `drain` wants an operator.
  const operator = stopsServer ? setTimeout(() => own.stop(), stopsServer) : undefined;
  const code = await runScript(command, script, { ...env, OCTAVO_URL: url });
  clearTimeout(operator);
  if (own) await own.stop();
  return { script, code, seconds: Math.round((Date.now() - start) / 1000), isOk: codes.includes(code) };
}

const { command, words } = chooseTool();
mkdirSync(here('results'), { recursive: true });
console.log(words);
const shared = values.url ? { url: values.url.replace(/\/+$/, ''), stop: async () => {} } : await startServer([]);
const only = values.only?.split(',');
const results = [];
for (const each of kRuns) {
  if (only && !only.includes(each.script)) continue;
  if (each.stopsServer && values.url) {
    console.log(`\n== ${each.script} is left out: somebody has to stop the server at ${values.url}`);
    continue;
  }
  results.push(await runOne(command, shared, each));
}
await shared.stop();
console.log(`\n${words}; pages and numbers are in bench/k6/results`);
for (const { script, code, seconds, isOk } of results) console.log(`  ${isOk ? 'as it should' : 'NOT AS IT SHOULD'}  ${script.padEnd(12)} exit ${code}, ${seconds} s`);
process.exit(results.every(({ isOk }) => isOk) ? 0 : 1);
