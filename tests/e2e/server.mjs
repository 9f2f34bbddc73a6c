// A real Octavo server for one test file: started on a free port, stopped with its log kept.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const binary = process.env.OCTAVO_BINARY ?? fileURLToPath(new URL('../../build/octavo', import.meta.url));
const kSpoken = /^Octavo is serving at (https?:\/\/\S+:(\d+)\/)$/m;

/// What a test flags a server with that is to choose its seed by itself; others tell the same stories in every run.
export const unseeded = '--seed-of-its-own';

/// Starts `octavo serve` with these further flags. Resolves once it listens, to
/// { url, port, process, stdout(), stderr(), stop() }; rejects with the log if it ends before that.
/// stop(signal) resolves to { code, signal }, and ends what does not end by itself.
export async function startServer(flags = [], environment = {}) {
  const isSeeded = flags.includes('--seed') || flags.includes(unseeded);
  const seed = isSeeded ? [] : ['--seed', '0'];
  return startBinary(binary, ['serve', '--port', '0', ...seed, ...flags.filter((flag) => flag !== unseeded)], environment);
}

/// The same of another binary that tells where it listens as Octavo does.
export async function startBinary(binary, args, environment = {}) {
  if (!existsSync(binary)) throw new Error(`${binary} is missing: build it, or name it in OCTAVO_BINARY`);
  const child = spawn(binary, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stderr.on('data', (bytes) => (stderr += bytes));
  const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal }));

  const spoken = new Promise((resolve) => {
    child.stdout.on('data', (bytes) => {
      stdout += bytes;
      const match = kSpoken.exec(stdout);
      if (match) resolve(match);
    });
  });
  const first = await Promise.race([spoken, ended]);
  if (!Array.isArray(first)) throw new Error(`octavo ended with ${first.code ?? first.signal} before it listened:\n${stderr}`);

  const stop = async (signal = 'SIGTERM') => {
    child.kill(signal);
    const patience = setTimeout(() => child.kill('SIGKILL'), 10_000);
    const how = await ended;
    clearTimeout(patience);
    return how;
  };
  return { url: first[1], port: Number(first[2]), process: child, stdout: () => stdout, stderr: () => stderr, stop };
}
