// What a server did, as a file that trace viewers read: actors, steps and the life of every sequence.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { plainClient } from './client.mjs';
import { octavo, serverFor, suiteScope } from './helpers.mjs';

const folder = mkdtempSync(join(tmpdir(), 'octavo-trace-'));
after(() => rmSync(folder, { recursive: true, force: true }));

describe('octavo serve --trace', () => {
  const file = join(folder, 'trace.json');
  const suite = suiteScope();

  test('tells every step on its rows, and each sequence from its start to its end', async () => {
    const server = await serverFor(suite,
      ['--trace', file, '--num-gpu-blocks-override', '24', '--swap-space', '0.01', '--preemption-mode', 'swap']);
    const client = await plainClient(server);
    const turns = ['Pip', 'Mia', 'Otto', 'Nell'].map((name, i) => client.turn({
      stream_id: `s${i}`, input: `Tell me about a fox named ${name}.`, max_output_tokens: 100, temperature: 0, ignore_eos: true }));
    for (const turn of await Promise.all(turns)) assert.equal(turn.error, undefined);
    await client.close();
    assert.deepEqual(await server.stop('SIGTERM'), { code: 0, signal: null });

    const { traceEvents: events } = JSON.parse(readFileSync(file, 'utf8'));
    const rows = new Map(events.filter((e) => e.name === 'thread_name').map((e) => [e.tid, e.args.name]));
    const steps = (row) => events.filter((e) => e.ph === 'X' && rows.get(e.tid) === row);
    for (const row of ['scheduler', 'block manager', 'executor', 'compute']) assert.ok(steps(row).length >= 100, row);
    assert.ok(steps('copy out').length > 0 && steps('copy in').length > 0, 'the pool was short');
    for (const step of steps('compute')) assert.ok(step.dur > 0 && step.args.tokens > 0);
    const alive = new Set();
    let numStates = 0;
    for (const e of events.filter((e) => e.cat === 'sequence')) {
      const key = `${e.id} ${e.name}`;
      if (e.ph === 'b') alive.add(key), ++numStates;
      else assert.ok(alive.delete(key), key);
    }
    assert.equal(alive.size, 0);
    assert.ok(numStates > 4, 'some were swapped out and came back');
  });

  test('a file that cannot be written is named', async () => {
    const { code, stderr } = await octavo(['serve', '--port', '0', '--trace', join(folder, 'nowhere', 'x.json')]);
    assert.equal(code, 2);
    assert.match(stderr, /nowhere\/x\.json` cannot be written/);
  });
});
