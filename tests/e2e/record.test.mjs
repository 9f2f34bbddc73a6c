// What a server decided, recorded, and decided once more without the model: the same, to the bit.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, before, test } from 'node:test';
import { plainClient } from './client.mjs';
import { eventually, octavo, serverFor, suiteScope, untilIdle } from './helpers.mjs';

const folder = mkdtempSync(join(tmpdir(), 'octavo-record-'));
after(() => rmSync(folder, { recursive: true }));
const kSpoken = /^decision_hash ([0-9a-f]{16}) after (\d+) steps, recorded in (.+)$/m;
const story = (name) => `Tell me a story about a fox named ${name} and a lantern.`;

async function replay(file, ...flags) {
  const { code, stdout, stderr } = await octavo(['replay', file, '--json', ...flags]);
  return { code, stderr, out: stdout ? JSON.parse(stdout) : undefined };
}

/// Two dozen choices and beams at once in a pool that holds a fraction of them, a conversation, a cancel and a steer.
async function traffic(server) {
  const client = await plainClient(server);
  const turns = ['Pip', 'Mia', 'Otto', 'Nell', 'Ravi', 'Suri', 'Ben', 'Ada'].map((name, i) =>
    client.create({ stream_id: `s${i}`, input: story(name), max_output_tokens: 60, temperature: i % 2, n: i === 3 ? 3 : 1,
                    ignore_eos: true }));
  const beam = client.create({ stream_id: 'beam', input: story('Bo'), beam_width: 4, n: 2, max_output_tokens: 24 });
  const gone = client.create({ stream_id: 'gone', input: story('Lu'), max_output_tokens: 120, ignore_eos: true });
  await gone.started;
  client.send({ type: 'response.cancel', stream_id: 'gone' });
  const steered = client.create({ stream_id: 'steer', input: story('Zoe'), max_output_tokens: 100, ignore_eos: true });
  await steered.started;
  const successor = client.steer(steered, 'And a drum.');
  const ended = await Promise.all([...turns, beam, gone, steered, successor].map((turn) => turn.finished));
  for (const turn of ended) assert.equal(turn.error, undefined);
  const parent = await client.complete({ input: story('Kit'), max_output_tokens: 40, ignore_eos: true });
  const again = await client.complete({ input: 'And then?', previous_response_id: parent.id, max_output_tokens: 8 });
  assert.ok(again.usage.input_tokens_details.cached_tokens > 0);
  await client.close();
  await untilIdle(server);
}

describe('octavo serve --record and octavo replay', () => {
  const file = join(folder, 'busy.rec');
  let spoken;
  const suite = suiteScope();

  before(async () => {
    const server = await serverFor(suite,
      ['--record', file, '--num-gpu-blocks-override', '30', '--swap-space', '0.01', '--max-num-seqs', '16', '--log-level', 'info']);
    await traffic(server);
    assert.deepEqual(await server.stop('SIGTERM'), { code: 0, signal: null });
    spoken = kSpoken.exec(server.stdout());
    assert.ok(spoken, server.stdout());
    assert.match(server.stderr(), new RegExp(`record: file=${file} steps=${spoken[2]} decision_hash=${spoken[1]}`));
  });

  test('the replay decides what the server decided', async () => {
    const { code, out } = await replay(file);
    assert.equal(code, 0);
    assert.equal(out.decision_hash, spoken[1]);
    assert.equal(out.recorded_hash, spoken[1]);
    assert.equal(out.equal, true);
    assert.equal(out.truncated, false);
    assert.equal(out.first_difference, null);
    assert.equal(out.steps, Number(spoken[2]));
    assert.equal(out.requests.submitted, 14);
    assert.equal(out.requests.cancelled, 2);
    assert.equal(out.requests.finished, 12);
    assert.ok(out.preemptions.swap + out.preemptions.recompute > 0, 'the pool was short');
    assert.ok(out.prefix_hit_tokens > 0);
    assert.ok(out.batch_mean > 1);
  });

  test('without --json it says so in words', async () => {
    const { code, stdout } = await octavo(['replay', file]);
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`decision_hash +${spoken[1]}\n +the recorded one: the same decisions in all`));
  });

  test('with flags of its own it says what would have been, beside what was', async () => {
    const page = join(folder, 'busy.html');
    const { code, out, stderr } = await replay(file, '--num-blocks', '400', '--html', page);
    assert.equal(code, 0, stderr);
    assert.equal(out.engine.num_blocks, 400);
    assert.equal(out.workload.requests, 14);
    assert.equal(out.recorded.requests, 14);
    assert.ok(out.recorded.preemptions.swap + out.recorded.preemptions.recompute > 0);
    assert.deepEqual(out.allocators.paged.preemptions, { swap: 0, recompute: 0 });
    assert.deepEqual(Object.keys(out.allocators), ['paged']);
    assert.equal(out.modelled.requests, 14);
    assert.match(out.step_times, /^step times are fitted to the \d+ recorded ones/);
    assert.match(readFileSync(page, 'utf8'), /recorded<\/td>/);
    const { out: same } = await replay(file, '--no-html', '--scheduling-policy', 'fcfs');
    for (const name of ['batched_mean', 'prefix_hit_fraction', 'seconds', 'steps'])
      assert.equal(same.allocators.paged[name], same.modelled[name], name);
  });

  test('the file is its owner\'s alone', () => {
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  test('what is left of a file that was cut off is replayed, and said to be so', async () => {
    const part = join(folder, 'part.rec');
    const bytes = readFileSync(file);
    writeFileSync(part, bytes.subarray(0, bytes.length - 5));
    const { code, out } = await replay(part);
    assert.equal(code, 0);
    assert.deepEqual([out.equal, out.truncated, out.recorded_hash], [true, true, null]);
    assert.equal(out.decision_hash, spoken[1]);
  });

  test('a damaged file is refused with the place', async () => {
    const damaged = join(folder, 'damaged.rec');
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1] ^= 0x40;
    writeFileSync(damaged, bytes);
    const { code, stderr } = await replay(damaged);
    assert.equal(code, 2);
    assert.match(stderr, /damaged\.rec: damaged before byte \d+: /);
  });
});

test('a server that is killed leaves what happened until just before', async (t) => {
  const file = join(folder, 'killed.rec');
  const server = await serverFor({ after: () => {} }, ['--record', file]); // Ends otherwise than cleanly.
  t.after(() => server.process.kill('SIGKILL'));
  const client = await plainClient(server);
  await client.complete({ input: story('Pip'), max_output_tokens: 16 });
  await untilIdle(server);
  await eventually(async () => (await replay(file)).out?.requests.finished === 1, 'the request in the file');
  server.process.kill('SIGKILL');
  await client.done;
  const { code, out } = await replay(file);
  assert.equal(code, 0);
  assert.deepEqual([out.equal, out.truncated], [true, true]);
});

test('a file that cannot be written is an error at the start', async () => {
  const { code, stderr } = await octavo(['serve', '--port', '0', '--record', join(folder, 'nowhere', 'x.rec')]);
  assert.equal(code, 2);
  assert.match(stderr, /--record: cannot write .+: No such file or directory; name a file in a folder that exists/);
});

test('a disk that is full ends the recording, not the serving', async (t) => {
  const server = await serverFor(t, ['--record', '/dev/full', '--log-level', 'info']);
  const client = await plainClient(server);
  const turn = await client.complete({ input: story('Pip'), max_output_tokens: 16 });
  assert.ok(turn.text.length > 0);
  await client.close();
  assert.deepEqual(await server.stop(), { code: 0, signal: null });
  assert.equal(server.stderr().match(/recording ends here, serving goes on: No space left on device/g).length, 1);
  assert.doesNotMatch(server.stdout(), /decision_hash/);
});
