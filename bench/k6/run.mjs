#!/usr/bin/env node
// Runs a k6 script where k6 is not installed: `bench/k6/run.mjs --help`. README.md says what differs from k6.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { kHelp, readCommandLine } from './runner/command_line.mjs';
import { kExit, RunError } from './runner/exit_code.mjs';
import { describe, say } from './runner/log.mjs';

/// Node tells modules in contexts of their own only where a flag asks for it, so this file runs itself again with the flag.
function again() {
  const self = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, ['--experimental-vm-modules', '--no-warnings', ...process.execArgv, self, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? kExit.externalAbort : 1)));
}

async function main() {
  const given = readCommandLine(process.argv.slice(2), process.env);
  if (given.help) {
    process.stdout.write(kHelp);
    return kExit.ok;
  }
  const { Run } = await import('./runner/run.mjs');
  const { writeSamples } = await import('./runner/json_output.mjs');
  const run = new Run(given);
  const outputs = given.out.map((file) => writeSamples(file, run.metrics));
  // A promise of the script that nobody awaits fails its iteration in k6; here nobody knows whose it was.
  process.on('unhandledRejection', (error) => { if (!(error instanceof RunError)) say('ERRO', `uncaught in a promise: ${describe(error)}`); });
  const code = await run.toEnd();
  for (const output of outputs) await output.end();
  return code;
}

if (vm.SourceTextModule) {
  main().catch((error) => {
    say('ERRO', error instanceof RunError ? error.message : describe(error));
    return error.code ?? 1;
  }).then((code) => process.stdout.write('', () => process.exit(code)));
} else {
  again();
}
