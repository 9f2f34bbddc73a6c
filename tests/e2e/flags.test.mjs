// The command line's flags, by the built binary: what --help says of them, and how a wrong one is refused.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { octavo, runCommand, binary } from './helpers.mjs';

const folder = mkdtempSync(join(tmpdir(), 'octavo-flags-'));
after(() => rmSync(folder, { recursive: true }));
const file = (name, content) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

const commands = [['serve'], ['generate'], ['tokenize'], ['render'], ['inspect'], ['replay'],
                  ['bench', 'throughput'], ['bench', 'latency'], ['bench', 'overlap']];
/// The commands that run a model, and what they need besides.
const modelled = [['serve'], ['generate', '--prompt', 'x'], ['inspect'], ['bench', 'throughput']];

/// Asserts that these words end with status 2, nothing on standard output and one line, which it answers.
async function refusal(args) {
  const { code, stdout, stderr } = await octavo(args);
  assert.equal(code, 2, `${args.join(' ')}: ${code}: ${stderr}`);
  assert.equal(stdout, '');
  assert.match(stderr, /^octavo: .{8,}\n$/);
  return stderr;
}

describe('octavo --help', () => {
  test('lists every command, and --version is one line', async () => {
    const { code, stdout, stderr } = await octavo(['--help']);
    assert.equal(code, 0);
    assert.equal(stderr, '');
    for (const [command] of commands) assert.match(stdout, new RegExp(`^ +${command} `, 'm'));
    const version = await octavo(['--version']);
    assert.equal(version.code, 0);
    assert.match(version.stdout, /^octavo \d+\.\d+\.\d+( \([0-9a-f]{7,}\))?\n$/);
  });

  for (const command of commands) {
    test(`of ${command.join(' ')} says what it does and describes each flag`, async () => {
      const { code, stdout, stderr } = await octavo([...command, '--help']);
      assert.equal(code, 0);
      assert.equal(stderr, '');
      assert.match(stdout, new RegExp(`octavo ${command.join(' ')} \\[OPTIONS\\]`));
      const flags = [...stdout.matchAll(/^ +(?:-\w,)?(--[\w-]+)/gm)].map((match) => match[1]);
      assert.ok(flags.includes('--help') && flags.length >= 4, flags.join(' '));
      assert.equal(new Set(flags).size, flags.length);
      // A flag that is too long for its column has its words on the next line.
      for (const words of stdout.split(/\n(?= +(?:-\w,)?--)/).slice(1)) assert.match(words, /[a-z0-9]{2,}[^]* [a-z]{2,}/i, words);
    });
  }

  for (const command of modelled) {
    test(`of ${command[0]} tells the defaults that hold`, async () => {
      const { stdout } = await octavo([command[0], ...(command[0] === 'bench' ? [command[1]] : []), '--help']);
      for (const [flag, value] of [['--block-size', '16'], ['--max-num-seqs', '256'], ['--step-time', '250'], ['--swap-space', '1'],
                                   ['--scheduling-policy', 'fcfs'], ['--preemption-mode', 'auto'], ['--kv-allocator', 'paged']]) {
        assert.match(stdout, new RegExp(`${flag} \\w+(:[^=]*)?=${value}\\b`), flag);
      }
    });
  }
});

describe('a command that there is not', () => {
  test('is answered with the list of those that there are, a line each', async () => {
    for (const [args, names] of [[[], ['serve', 'generate', 'tokenize', 'render', 'inspect', 'bench', 'replay']], [['bench'], ['throughput', 'latency', 'overlap']]]) {
      const { code, stdout, stderr } = await octavo(args);
      assert.equal(code, 2);
      assert.equal(stdout, '');
      for (const name of names) assert.match(stderr, new RegExp(`^  ${name} +[A-Z][^\n]{10,110}$`, 'm'));
    }
  });

  test('is corrected, and so is a flag', async () => {
    assert.match(await refusal(['generat', '--prompt', 'x']), /did you mean `generate`\?/);
    assert.match(await refusal(['bench', 'latancy']), /did you mean `latency`\?/);
    assert.match(await refusal(['generate', '--prompt', 'x', '--max-token', '3']), /did you mean `--max-tokens`\?/);
  });
});

describe('a flag that there is not is named', () => {
  for (const command of commands) {
    test(command.join(' '), async () => {
      const trace = command[0] === 'replay' ? ['synthetic:alpaca:5'] : [];
      assert.match(await refusal([...command, ...trace, '--no-such-flag']), /--no-such-flag/);
      assert.match(await refusal([...command, ...trace, '--no-such-flag=7']), /--no-such-flag/);
    });
  }
});

describe('a number that is none, too small or too large is refused by its flag', () => {
  const bounds = {
    '--block-size': ['0', '1025', '-1', '1.5', 'x'], '--max-num-seqs': ['0', '65537', 'x'], '--max-num-batched-tokens': ['0', '1048577'],
    '--step-time': ['0', '60001', 'x', 'nan', 'inf'], '--max-model-len': ['0', '-1', '2147483648'], '--num-gpu-blocks-override': ['0', '2147483648'],
    '--gpu-memory-utilization': ['0', '1.1', 'nan'], '--swap-space': ['-1', 'x', 'nan', '1e300'], '--tensor-parallel-size': ['0', '65'], '--threads': ['0', '1025'],
    '--seed': ['x', '0.5', '-1', '18446744073709551616'], '--kv-cache-memory': ['4 GiB', '-1'] };
  for (const [flag, values] of Object.entries(bounds)) {
    test(flag, async () => {
      for (const command of modelled) for (const value of values) assert.match(await refusal([...command, `${flag}=${value}`]), new RegExp(flag));
    });
  }

  test('with a range that people read', async () => {
    assert.equal(await refusal(['inspect', '--max-model-len', '0']), 'octavo: --max-model-len must be an integer of 1 or more (it is `0`)\n');
    assert.match(await refusal(['bench', 'throughput', '--request-rate', 'nan']), /--request-rate must be a number between 0 and 1000000000 /);
  });

  const others = {
    serve: { '--port': ['65536', '-1'], '--max-queue': ['0'], '--drain-timeout': ['-1'], '--max-connections': ['x', '-1', '0'], '--max-message-size': ['big'] },
    generate: { '--max-tokens': ['0', '-1'], '--min-tokens': ['-1'], '--logprobs': ['-1', '21'], '--n': ['0', '9'], '--beam-width': ['0', '17'],
                '--top-k': ['1.5'] },
    replay: { '--num-blocks': ['0', '67108865'], '--num-requests': ['0', '99999999999999999999'], '--swap-space': ['x'], '--kv-memory': ['12 GiB'] } };
  for (const [command, flags] of Object.entries(others)) {
    test(`${Object.keys(flags).join(', ')} of ${command}`, async () => {
      const before = { generate: ['--prompt', 'x'], replay: ['synthetic:alpaca:5'] }[command] ?? [];
      for (const [flag, values] of Object.entries(flags))
        for (const value of values) assert.match(await refusal([command, ...before, `${flag}=${value}`]), new RegExp(flag));
    });
  }
});

describe('a file that is missing is named', () => {
  const missing = join(folder, 'missing');
  const cases = {
    'generate --messages': ['generate', '--messages', missing],
    'render --messages': ['render', '--messages', missing],
    'render --chat-template': ['render', '--chat-template', missing, '--context', missing],
    'serve --chat-template': ['serve', '--chat-template', missing],
    'serve --record': ['serve', '--port', '0', '--record', join(missing, 'a.rec')],
    'bench --workload': ['bench', 'throughput', '--workload', missing],
    'a trace': ['replay', missing],
    'a model to inspect': ['inspect', missing],
    'a tokenizer': ['tokenize', missing] };
  for (const [name, args] of Object.entries(cases)) test(name, async () => assert.match(await refusal(args), /missing/));
});

describe('octavo replay', () => {
  const trace = file('trace.csv', `arrival,input,output\n${Array.from({ length: 20 }, (_, i) => `${i},100,8`).join('\n')}\n`);

  test('prints a row for each allocator and leaves a page beside', async () => {
    const { code, stdout } = await runCommand('sh', ['-c', 'cd "$1" && exec "$2" replay trace.csv', 'sh', folder, binary]);
    assert.equal(code, 0);
    for (const name of ['paged', 'orca-max', 'orca-pow2', 'orca-oracle']) assert.match(stdout, new RegExp(`^${name} +\\d`, 'm'));
    assert.match(stdout, /^page: trace\.replay\.html$/m);
    assert.match(readFileSync(join(folder, 'trace.replay.html'), 'utf8'), /^<!doctype html>/);
  });

  test('--json is one line on standard output, the page told on the other', async () => {
    const page = join(folder, 'page.html');
    const { code, stdout, stderr } = await octavo(['replay', trace, '--json', '--html', page, '--allocator', 'paged']);
    assert.equal(code, 0);
    assert.deepEqual(Object.keys(JSON.parse(stdout).allocators), ['paged']);
    assert.equal(stderr, `page: ${page}\n`);
    assert.ok(existsSync(page));
  });

  test('refuses what it cannot replay by the flag or the line', async () => {
    assert.match(await refusal(['replay']), /TRACE/);
    assert.match(await refusal(['replay', trace, '--rate', 'fast']), /fast/);
    assert.match(await refusal(['replay', trace, '--sampling', 'beam:17']), /--sampling: `beam:17`/);
    assert.match(await refusal(['replay', trace, '--model-shape', 'gpt-5']), /--model-shape: `gpt-5`/);
    assert.match(await refusal(['replay', trace, '--kv-memory', '1']), /--kv-memory/);
    assert.match(await refusal(['replay', trace, '--allocator', 'orca']), /--allocator/);
    assert.match(await refusal(['replay', file('bad.csv', 'input\n5\nx\n')]), /bad\.csv:3: the input length `x` is not a number/);
    assert.match(await refusal(['replay', file('empty.csv', '')]), /empty\.csv: is empty/);
    assert.match(await refusal(['replay', folder]), /is a folder, and a trace is a file/);
    assert.match(await refusal(['replay', 'synthetic:poems']), /synthetic:sharegpt and synthetic:alpaca/);
  });

  test('a page that cannot be written is an error after the table', async () => {
    const { code, stdout, stderr } = await octavo(['replay', trace, '--html', join(folder, 'no', 'page.html')]);
    assert.equal(code, 2);
    assert.match(stdout, /^paged +\d/m);
    assert.match(stderr, /no\/page\.html: cannot be written/);
  });
});
