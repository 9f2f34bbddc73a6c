// The command line: what each command prints for programs, and how it refuses.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { plainClient } from './client.mjs';
import { binary, demoModel, octavo, runCommand, serverFor } from './helpers.mjs';

const folder = mkdtempSync(join(tmpdir(), 'octavo-cli-'));
after(() => rmSync(folder, { recursive: true }));
const file = (name, content) => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};
const memory = ['--kv-cache-memory', '64MiB'];

/// A model of 256 tokens, and a tokenizer with the word `plainword` besides, whose id is 300.
function largerTokenizer() {
  const isPrintable = (byte) => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let next = 0x100;
  const vocab = Object.fromEntries(Array.from({ length: 256 }, (_, byte) => [String.fromCodePoint(isPrintable(byte) ? byte : next++), byte]));
  const model = join(folder, 'larger');
  mkdirSync(model);
  file('larger/config.json', { architectures: ['LlamaForCausalLM'], model_type: 'llama', vocab_size: 256, hidden_size: 32, intermediate_size: 48,
                               num_hidden_layers: 1, num_attention_heads: 2, num_key_value_heads: 1, hidden_act: 'silu', max_position_embeddings: 512,
                               rms_norm_eps: 1e-5, rope_theta: 10000, tie_word_embeddings: false, bos_token_id: 1, eos_token_id: 2, torch_dtype: 'float32' });
  file('larger/tokenizer.json', { added_tokens: [{ id: 300, content: 'plainword', normalized: false }], normalizer: null, post_processor: null,
                                  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: false }, decoder: { type: 'ByteLevel' },
                                  model: { type: 'BPE', vocab, merges: [] } });
  return model;
}

async function json(args, options) {
  const { code, stdout, stderr } = await octavo(args, options);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^\{.*\}\n$/s, 'one object, one line');
  return JSON.parse(stdout);
}
const isCount = (value) => Number.isInteger(value) && value >= 0;

describe('octavo generate', () => {
  const generate = (...args) => json(['generate', '--json', ...memory, ...args]);

  test('prints token ids, choices and usage', async () => {
    const out = await generate('--prompt', 'Once upon a time', '--temperature', '0', '--max-tokens', '12');
    assert.deepEqual(Object.keys(out), ['prompt_token_ids', 'choices', 'usage']);
    assert.ok(out.prompt_token_ids.every(isCount));
    assert.deepEqual(Object.keys(out.choices[0]), ['index', 'text', 'finish_reason', 'token_ids']);
    assert.equal(out.choices[0].token_ids.length, 12);
    assert.equal(out.choices[0].finish_reason, 'length');
    assert.deepEqual(out.usage, { prompt_tokens: out.prompt_token_ids.length, completion_tokens: 12,
                                  total_tokens: out.prompt_token_ids.length + 12 });
  });

  test('--logprobs adds the chosen token and the K best', async () => {
    const out = await generate('--prompt', 'Once', '--temperature', '0', '--max-tokens', '5', '--logprobs', '2');
    const [choice] = out.choices;
    assert.deepEqual(choice.logprobs.map((entry) => entry.id), choice.token_ids);
    for (const { id, logprob, top } of choice.logprobs) {
      assert.equal(top.length, 2);
      assert.equal(top[0][0], id);
      assert.equal(top[0][1], logprob);
      assert.ok(top[1][1] <= logprob && logprob <= 0);
    }
  });

  test('--n gives that many choices', async () => {
    const out = await generate('--prompt', 'Once', '--n', '3', '--temperature', '1.5', '--seed', '5', '--max-tokens', '20');
    assert.deepEqual(out.choices.map((choice) => choice.index), [0, 1, 2]);
    assert.equal(new Set(out.choices.map((choice) => choice.text)).size, 3);
    const again = await generate('--prompt', 'Once', '--n', '3', '--temperature', '1.5', '--seed', '5', '--max-tokens', '20');
    assert.deepEqual(again, out);
  });

  test('--beam-width prints the best first, each with its score', async () => {
    const args = ['--prompt', 'Once upon a time', '--beam-width', '4', '--n', '3', '--max-tokens', '12'];
    const { choices } = await generate(...args);
    assert.deepEqual(choices.map((choice) => choice.index), [0, 1, 2]);
    assert.deepEqual(Object.keys(choices[0]), ['index', 'text', 'finish_reason', 'score', 'token_ids']);
    assert.ok(choices.every(({ score }) => score < 0));
    assert.ok(choices[0].score >= choices[1].score && choices[1].score >= choices[2].score);
    assert.equal(new Set(choices.map((choice) => choice.token_ids.join())).size, 3);
    assert.deepEqual((await generate(...args)).choices, choices);
    const { stdout } = await octavo(['generate', ...args, ...memory]);
    const printed = [...stdout.matchAll(/^--- score (\S+)$/gm)].map((match) => Number(match[1]));
    assert.deepEqual(printed, choices.map((choice) => Number(choice.score.toFixed(6))));
  });

  test('a beam of one is the greedy choice, scored by its log-probabilities', async () => {
    const args = ['--prompt', 'Once upon a time', '--max-tokens', '10', '--ignore-eos'];
    const [greedy] = (await generate(...args, '--temperature', '0', '--logprobs', '0')).choices;
    const [beam] = (await generate(...args, '--beam-width', '1', '--length-penalty', '0')).choices;
    assert.deepEqual(beam.token_ids, greedy.token_ids);
    const sum = greedy.logprobs.reduce((total, entry) => total + entry.logprob, 0);
    assert.ok(Math.abs(beam.score - sum) < 2e-3, `${beam.score} is not ${sum}`);
  });

  test('--early-stopping takes true, false and never', async () => {
    const args = ['--prompt', 'Once', '--beam-width', '2', '--max-tokens', '8', '--length-penalty', '2'];
    for (const early of ['true', 'false', 'never']) {
      const [choice] = (await generate(...args, '--early-stopping', early)).choices;
      assert.ok(Number.isFinite(choice.score), early);
    }
  });

  test('a --stop-token-id ends a hypothesis and is its last token', async () => {
    const args = ['--prompt', 'Once upon a time', '--max-tokens', '12', '--ignore-eos'];
    const [whole] = (await generate(...args, '--beam-width', '1')).choices;
    const [cut] = (await generate(...args, '--beam-width', '1', '--stop-token-id', String(whole.token_ids[4]))).choices;
    assert.deepEqual(cut.token_ids, whole.token_ids.slice(0, whole.token_ids.indexOf(whole.token_ids[4]) + 1));
    assert.equal(cut.finish_reason, 'stop');
    assert.ok(whole.text.startsWith(cut.text) && cut.text.length < whole.text.length);
  });

  test('--stop cuts the text and ends with `stop`', async () => {
    const args = ['--prompt', 'Once upon a time', '--temperature', '0', '--max-tokens', '40'];
    const [whole] = (await generate(...args)).choices;
    const [cut] = (await generate(...args, '--stop', 'never', '--stop', ' little')).choices;
    assert.equal(cut.finish_reason, 'stop');
    assert.equal(cut.text, whole.text.slice(0, whole.text.indexOf(' little')));
  });

  test('text without --json is the text of the object', async () => {
    const args = ['--prompt', 'Once upon a time', '--temperature', '0', '--max-tokens', '20', ...memory];
    const { stdout } = await octavo(['generate', ...args]);
    assert.equal(stdout, `${(await generate(...args.slice(0, 6))).choices[0].text}\n`);
  });

  test('--messages goes through the template, --prompt-ids as they are', async () => {
    const messages = file('messages.json', [{ role: 'user', content: 'What is 7 plus 8?' }]);
    const chat = await generate('--messages', messages, '--temperature', '0');
    const ids = await generate('--prompt-ids', chat.prompt_token_ids.join(','), '--temperature', '0');
    assert.deepEqual(ids, chat);
    assert.equal(chat.choices[0].finish_reason, 'stop');
  });
});

describe('the demo model continues as it was recorded', () => {
  const recorded = JSON.parse(readFileSync(join(demoModel, 'expected.json'), 'utf8'));
  for (const expected of recorded.cases) {
    test(JSON.stringify(expected.prompt.slice(0, 60)), async () => {
      const input = expected.messages ? ['--messages', file('case.json', expected.messages)] : ['--prompt-ids', expected.prompt_token_ids.join(',')];
      const out = await json(['generate', '--json', ...memory, ...input, '--dtype', 'float32', '--temperature', '0', '--logprobs', '1',
                              '--max-tokens', String(recorded.max_new_tokens)]);
      assert.deepEqual(out.prompt_token_ids, expected.prompt_token_ids);
      const [choice] = out.choices;
      const differs = expected.token_ids.findIndex((id, i) => id !== choice.token_ids[i]);
      assert.equal(differs, -1, `token ${differs}, where the second best was ${expected.gap_to_second[differs]} behind`);
      assert.equal(choice.token_ids.length, expected.token_ids.length);
      assert.equal(choice.finish_reason, expected.finish_reason);
      assert.equal(choice.text, expected.text);
      expected.logprobs.forEach((logprob, i) => assert.ok(Math.abs(logprob - choice.logprobs[i].logprob) < 2e-3, `token ${i}`));
    });
  }
});

describe('octavo tokenize and render', () => {
  test('text becomes ids and comes back', async () => {
    const text = 'Pip, the fox — 狐 🦊\nsaid "hi" <|end|>';
    const { ids } = await json(['tokenize'], { input: text });
    assert.ok(ids.every(isCount));
    assert.equal(ids[0], 0);
    const plain = await json(['tokenize', '--no-special'], { input: 'Pip' });
    assert.equal((await json(['tokenize', '--decode', '--no-special'], { input: JSON.stringify(plain) })).text, 'Pip');
    const back = await json(['tokenize', '--decode'], { input: JSON.stringify({ ids }) });
    assert.equal(back.text, `<|bos|>${text}`);
  });

  test('render gives the text and its ids', async () => {
    const messages = file('chat.json', [{ role: 'user', content: ' Hi. ' }]);
    const out = await json(['render', '--messages', messages]);
    assert.deepEqual(Object.keys(out), ['text', 'ids']);
    assert.equal(out.text, '<|bos|><|user|>Hi.<|end|><|assistant|>');
    assert.deepEqual(out.ids.slice(0, 2), [0, 4]);
    const closed = await json(['render', '--messages', messages, '--no-generation-prompt']);
    assert.equal(closed.text, '<|bos|><|user|>Hi.<|end|>');
  });

  test('render takes another template for the model', async () => {
    const messages = file('chat.json', [{ role: 'user', content: 'Hi.' }]);
    const out = await json(['render', '--messages', messages, '--chat-template', file('other.jinja', '[{{ messages[0].content }}]')]);
    assert.equal(out.text, '[Hi.]');
    assert.ok(out.ids.every(isCount));
  });

  test('an id that stands for nothing is not decoded to nothing', async () => {
    const { code, stdout, stderr } = await octavo(['tokenize', '--decode'], { input: '{"ids":[97,99999999]}' });
    assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
    assert.match(stderr, /^octavo: token id 99999999 /);
  });

  test('render takes a template and its variables without a model', async () => {
    const template = file('list.jinja', '{% for x in xs %}{{ loop.index }}:{{ x }} {% endfor %}');
    const out = await json(['render', '--chat-template', template, '--context', file('xs.json', { xs: ['a', 'b'] })]);
    assert.deepEqual(out, { text: '1:a 2:b ' });
  });
});

describe('octavo inspect and bench', () => {
  test('inspect --json tells architecture and memory', async () => {
    const out = await json(['inspect', '--json', '--kv-cache-memory', '64MiB']);
    assert.equal(out.architecture, 'LlamaForCausalLM');
    for (const name of ['parameters', 'vocab_size', 'hidden_size', 'num_layers', 'num_heads', 'num_kv_heads', 'head_dim', 'max_position_embeddings', 'max_model_len']) {
      assert.ok(isCount(out[name]) && out[name] > 0, name);
    }
    assert.equal(out.vocab_size, 4096);
    assert.equal(out.dtype, 'bfloat16');
    const m = out.memory;
    assert.equal(m.kv_bytes_per_token, 2 * out.num_layers * out.num_kv_heads * out.head_dim * 2);
    assert.equal(m.kv_bytes_per_block, m.kv_bytes_per_token * m.block_size);
    assert.equal(m.num_blocks, Math.floor((64 << 20) / m.kv_bytes_per_block));
    assert.equal(m.kv_tokens, m.num_blocks * m.block_size);
    assert.ok(m.weights_bytes >= 2 * out.parameters && m.activation_bytes > 0);
    assert.equal(out.concurrency.at(-1).length, out.max_model_len);
    assert.ok(out.concurrency.every(({ length, sequences }) => sequences === Math.floor(m.num_blocks / Math.ceil(length / m.block_size))));
  });

  test('a tokenizer larger than its model is told of, and a prompt of its tokens is refused alone', async (t) => {
    const model = largerTokenizer();
    const flags = ['--load-format', 'dummy', ...memory];
    const { tokenizer, vocab_size } = await json(['inspect', model, '--json', ...memory]);
    assert.deepEqual({ tokenizer, vocab_size }, { tokenizer: { vocab_size: 301, is_larger_than_model: true }, vocab_size: 256 });
    assert.match((await octavo(['inspect', model, ...memory])).stdout, /^warning +the tokenizer is larger than the model: its ids end at 300 /m);
    const good = await json(['inspect', '--json', ...memory]);
    assert.equal(good.tokenizer.is_larger_than_model, false);
    assert.doesNotMatch((await octavo(['inspect', ...memory])).stdout, /^warning/m);

    const refused = await octavo(['generate', model, ...flags, '--prompt', 'hello plainword', '--max-tokens', '2']);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /token id 300 \(`plainword`\) is outside the model's vocabulary of 256/);

    const server = await serverFor(t, [model, '--load-format', 'dummy']);
    assert.match(server.stdout() + server.stderr(), /the tokenizer is larger than the model/);
    const client = await plainClient(server);
    const beside = client.create({ input: 'hello world', stream_id: 'beside', max_output_tokens: 300, ignore_eos: true });
    const { error } = await client.turn({ input: 'hello plainword', stream_id: 'refused', max_output_tokens: 4 });
    assert.equal(error.code, 'invalid_value');
    assert.match(error.message, /token id 300/);
    assert.equal((await beside.finished).usage.output_tokens, 300);
    await client.close();
  });

  test('an 8-bit cache holds nearly twice the blocks, and the demo goes on telling its story', async () => {
    const wide = (await json(['inspect', '--json', ...memory])).memory;
    const flags = ['--kv-cache-dtype', 'fp8', ...memory];
    const narrow = (await json(['inspect', '--json', ...flags])).memory;
    assert.ok(narrow.num_blocks > 1.9 * wide.num_blocks && narrow.num_blocks <= 2 * wide.num_blocks, `${narrow.num_blocks} of ${wide.num_blocks}`);
    const args = ['generate', '--json', '--prompt', 'Once upon a time', '--temperature', '0', '--max-tokens', '40', '--logprobs', '0'];
    const mean = async (flags) => {
      const [{ logprobs }] = (await json([...args, ...flags])).choices;
      return logprobs.reduce((total, { logprob }) => total + logprob, 0) / logprobs.length;
    };
    const [likely, narrowed] = [await mean(memory), await mean(flags)];
    assert.ok(narrowed !== likely && narrowed > likely - 0.3, `${narrowed} beside ${likely}`);
  });

  test('a table of bench has figures that people read', async () => {
    const { code, stdout } = await octavo(['bench', 'throughput', ...memory, '--num-prompts', '2', '--concurrency', '1', '--input-len', '8', '--output-len', '4']);
    assert.equal(code, 0);
    for (const line of stdout.trimEnd().split('\n')) assert.match(line, /^[a-z_.0-9]+ +(-?[\d,]+(\.\d+)?|cpu.*|cuda.*)$/);
  });

  test('bench throughput --json tells rates, times and the cache', async () => {
    const out = await json(['bench', 'throughput', '--json', ...memory, '--num-prompts', '4', '--concurrency', '2', '--input-len', '16', '--output-len', '8']);
    assert.deepEqual(Object.keys(out), ['output_tokens_per_s', 'total_tokens_per_s', 'requests_per_s', 'seconds', 'ttft_ms', 'itl_ms', 'normalized_ms_per_token_mean', 'peak_rss_bytes', 'kv', 'device']);
    assert.ok(Math.abs(out.output_tokens_per_s * out.seconds - 32) < 1e-6);
    assert.ok(Math.abs(out.total_tokens_per_s * out.seconds - 96) < 1e-6);
    assert.deepEqual(Object.keys(out.ttft_ms), ['p50', 'p95', 'p99']);
    assert.deepEqual(Object.keys(out.itl_ms), ['p50', 'p95', 'p99']);
    assert.ok(out.kv.used_fraction_mean > 0 && out.kv.waste_fraction_mean >= 0 && out.kv.waste_fraction_mean < 1);
    assert.equal(typeof out.device, 'string');
  });
});

describe('bad input ends with status 2 and one line', () => {
  const long = 'a'.repeat(300);
  const raising = file('raising.jinja', "{{ raise_exception('no tools here') }}");
  const cases = {
    'an unknown command': ['dance'],
    'an unknown flag': ['generate', '--prompt', 'x', '--tempo', '1'],
    'a model that is no folder': ['generate', '/nowhere', '--prompt', 'x'],
    'a folder without a model': ['inspect', folder],
    'no prompt': ['generate'],
    'two prompts': ['generate', '--prompt', 'x', '--prompt-ids', '1'],
    'ids that are none': ['generate', '--prompt-ids', '1,x'],
    'an id outside the vocabulary': ['generate', '--prompt-ids', '4096'],
    'messages that are no JSON': ['generate', '--messages', file('broken.json', '[{')],
    'messages that are no list': ['generate', '--messages', file('object.json', {})],
    'a message without content': ['generate', '--messages', file('no-content.json', [{ role: 'user' }])],
    'variables without their template': ['render', '--context', file('empty.json', {})],
    'a comparison of copies that a CPU has not': ['bench', 'overlap', '--device', 'cpu'],
    'a role the template refuses': ['generate', '--messages', file('role.json', [{ role: 'wizard', content: 'x' }])],
    'a temperature out of range': ['generate', '--prompt', 'x', '--temperature', '3'],
    'a length penalty without a beam': ['generate', '--prompt', 'x', '--length-penalty', '2'],
    'an early stopping that is none': ['generate', '--prompt', 'x', '--beam-width', '2', '--early-stopping', 'soon'],
    'a beam too wide': ['generate', '--prompt', 'x', '--beam-width', '17'],
    'more choices than the beam is wide': ['generate', '--prompt', 'x', '--beam-width', '2', '--n', '3'],
    'a beam with a stop string': ['generate', '--prompt', 'x', '--beam-width', '2', '--stop', 'y'],
    'an unknown preemption mode': ['generate', '--prompt', 'x', '--preemption-mode', 'drop'],
    'an unknown policy': ['serve', '--scheduling-policy', 'lifo'],
    'an unknown allocator': ['bench', 'throughput', '--kv-allocator', 'orca'],
    'swap space below zero': ['generate', '--prompt', 'x', '--swap-space', '-1'],
    'an unknown dtype': ['generate', '--prompt', 'x', '--dtype', 'int3'],
    'an unknown dtype of keys and values': ['generate', '--prompt', 'x', '--kv-cache-dtype', 'int3'],
    'weights in the dtype of a cache': ['generate', '--prompt', 'x', '--dtype', 'fp8'],
    'a prompt longer than the context': ['generate', '--prompt-ids', Array(2048).fill(7).join(',')],
    'a template that raises': ['render', '--chat-template', raising, '--context', file('empty.json', {})],
    'a template that raises several lines': ['render', '--chat-template', file('lines.jinja', "{{ raise_exception('no\\ntools\\n\\nhere') }}"), '--context', file('empty.json', {})],
    'a template whose file has several lines': ['render', '--chat-template', file('line.jinja', 'a\n{{ raise_exception("x\ny") }}\n'), '--context', file('empty.json', {})],
    'a shape with a name longer than any file has': ['replay', 'synthetic:alpaca:5', '--model-shape', long],
    'a model with such a name': ['generate', long, '--prompt', 'x'],
    'a trace with such a name': ['replay', long],
    'messages with such a name': ['generate', '--messages', long],
    'a cache of no block to inspect': ['inspect', '--kv-cache-memory', '0'],
    'a template that is broken': ['render', '--chat-template', file('broken.jinja', '{% if %}'), '--context', file('empty.json', {})],
    'ids to decode that are no JSON': ['tokenize', '--decode'],
    'a port out of range': ['serve', '--port', '70000'],
    'a size that is none': ['serve', '--kv-cache-memory', 'lots'],
    'an address that is not ours': ['serve', '--host', '192.0.2.1', '--port', '0', ...memory],
  };
  for (const [name, args] of Object.entries(cases)) {
    test(name, async () => {
      const { code, stdout, stderr } = await octavo(args);
      assert.equal(code, 2, `${code}: ${stderr}`);
      assert.equal(stdout, '');
      const spoken = stderr.split('\n').filter((line) => line !== '' && !/ \[(info|warning)\] /.test(line));
      assert.equal(spoken.length, 1, stderr);
      assert.match(spoken[0], /^octavo: .{8,}/);
    });
  }

  test('what cannot be printed is an error', async () => {
    for (const args of ['tokenize < /dev/null', '--help', 'inspect']) {
      const { code, stderr } = await runCommand('sh', ['-c', `exec "$1" ${args} > /dev/full`, 'sh', binary]);
      assert.equal(code, 1, args);
      assert.match(stderr, /^octavo: standard output cannot be written/);
    }
  });

  test('the message of raise_exception is shown', async () => {
    const { stderr } = await octavo(cases['a template that raises']);
    assert.match(stderr, /no tools here/);
  });
});
