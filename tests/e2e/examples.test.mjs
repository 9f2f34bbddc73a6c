// The clients in examples/ and the programs that README shows are run as a reader would run them: with every Node that is
// here, and with both generations of the SDK that a reader may get.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { before, describe, test } from 'node:test';
import { examples, runCommand, serverFor, suiteScope } from './helpers.mjs';

const modules = fileURLToPath(new URL('node_modules', import.meta.url));
const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const python = '/usr/bin/python3'; // The one that Debian's packages are for.
const hasWebsockets = (await runCommand(python, ['-c', 'import websockets']).catch(() => ({ code: 1 }))).code === 0;
const noWebsockets = !hasWebsockets && 'python3-websockets is missing';

/// Node's version -> its program: the one that runs the tests, and the system's, which runs npm.
const nodes = new Map();
for (const program of [process.execPath, process.env.npm_node_execpath ?? process.execPath]) {
  const { stdout } = await runCommand(program, ['--version']);
  nodes.set(stdout.trim(), realpathSync(program));
}

/// A folder as a reader has it after `npm install`: these packages alone, by the names that a program imports them by.
function folderWith(t, packages) {
  const folder = mkdtempSync(join(tmpdir(), 'octavo-examples-'));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'node_modules'));
  for (const [name, from] of Object.entries(packages)) symlinkSync(join(modules, from), join(folder, 'node_modules', name));
  return folder;
}

/// The program of README in this language that has this word, for a server at another address.
function readmeProgram(language, word, server) {
  const programs = [...readme.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'msg'))].map((match) => match[1]);
  const program = programs.find((each) => each.includes(word));
  const moved = program.replaceAll('127.0.0.1:8000', `127.0.0.1:${server.port}`);
  assert.notEqual(moved, program);
  return moved;
}

describe('the examples', () => {
  let server;
  const suite = suiteScope();
  before(async () => (server = await serverFor(suite, ['--api-key', 'sk-example'])));
  const conversation = /^> Tell me .*\n(?<story>.{40,})\n\((?<first>\d+) tokens read, \d+ written\)\n> Where .*\n.+\n\((?<second>\d+) tokens read, \d+ written\)\n$/s;

  const checkConversation = ({ code, stdout, stderr }) => {
    assert.equal(code, 0, stderr);
    const said = conversation.exec(stdout);
    assert.ok(said, stdout);
    assert.ok(Number(said.groups.second) > Number(said.groups.first) + 10, 'the second turn reads the first');
  };
  const checkForks = ({ code, stdout, stderr }) => {
    assert.equal(code, 0, stderr);
    assert.equal(stderr, '');
    assert.match(stdout, /> Where was the lantern\?\n.+/);
    assert.match(stdout, /> Who was the story about\?\n.+/);
  };

  // The address is given with and without its last slash.
  const addresses = () => [server.url, server.url.replace(/\/$/, '')];
  const show = (command, args, url) => runCommand(command, args, { env: { OCTAVO_URL: url, OCTAVO_API_KEY: 'sk-example' } });

  for (const [version, node] of nodes) {
    test(`minimal_client.mjs holds a conversation in Node ${version}`, async (t) => {
      const folder = folderWith(t, { ws: 'ws' });
      cpSync(join(examples, 'minimal_client.mjs'), join(folder, 'minimal_client.mjs'));
      for (const url of addresses()) checkConversation(await show(node, ['--no-warnings', join(folder, 'minimal_client.mjs')], url));
    });

    test(`minimal_client.mjs tells a wrong key as a failure in Node ${version}`, async (t) => {
      const folder = folderWith(t, { ws: 'ws' });
      cpSync(join(examples, 'minimal_client.mjs'), join(folder, 'minimal_client.mjs'));
      const { code, stderr } = await runCommand(node, ['--no-warnings', join(folder, 'minimal_client.mjs')], { env: { OCTAVO_URL: server.url } });
      assert.notEqual(code, 0);
      assert.match(stderr, /no server at/);
    });

    for (const sdk of ['openai', 'openai-6']) {
      test(`openai_sdk.mjs tells a story and forks it with ${sdk} in Node ${version}`, async (t) => {
        const folder = folderWith(t, { openai: sdk, ws: 'ws' });
        cpSync(join(examples, 'openai_sdk.mjs'), join(folder, 'openai_sdk.mjs'));
        for (const url of addresses()) checkForks(await show(node, [join(folder, 'openai_sdk.mjs')], url));
      });
    }
  }

  test('minimal_client.py holds a conversation', { skip: noWebsockets }, async () => {
    for (const url of addresses()) checkConversation(await show(python, [join(examples, 'minimal_client.py')], url));
  });
});

describe("README's programs", () => {
  let server;
  const suite = suiteScope();
  before(async () => (server = await serverFor(suite)));

  for (const [version, node] of nodes) {
    for (const sdk of ['openai', 'openai-6']) {
      test(`the one for the SDK tells its story with ${sdk} in Node ${version}, and ends when refused`, async (t) => {
        const folder = folderWith(t, { openai: sdk, ws: 'ws' });
        const program = readmeProgram('js', 'ResponsesWS', server);
        writeFileSync(join(folder, 'story.mjs'), program);
        writeFileSync(join(folder, 'refused.mjs'), program.replace("model: 'octavo-demo'", "model: 'another'"));
        const story = await runCommand(node, [join(folder, 'story.mjs')]);
        assert.equal(story.code, 0, story.stderr);
        assert.match(story.stdout, /Pip/);
        const refused = await runCommand(node, [join(folder, 'refused.mjs')]);
        assert.equal(refused.stdout, '');
        assert.match(refused.stderr, /another/);
      });
    }
  }

  test("the one for Python's websockets tells its story", { skip: noWebsockets }, async (t) => {
    const folder = folderWith(t, {});
    writeFileSync(join(folder, 'story.py'), readmeProgram('python', 'websockets', server));
    const { code, stdout, stderr } = await runCommand(python, [join(folder, 'story.py')]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /Pip/);
  });
});
