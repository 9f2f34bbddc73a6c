// The clients in examples/ are run as a reader would run them.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { before, describe, test } from 'node:test';
import { examples, runCommand, serverFor, suiteScope } from './helpers.mjs';

const python = '/usr/bin/python3'; // The one that Debian's packages are for.
const hasWebsockets = (await runCommand(python, ['-c', 'import websockets']).catch(() => ({ code: 1 }))).code === 0;

describe('the examples', () => {
  let server;
  const suite = suiteScope();
  before(async () => (server = await serverFor(suite, ['--api-key', 'sk-example'])));
  const show = (command, args) => runCommand(command, args, { env: { OCTAVO_URL: server.url, OCTAVO_API_KEY: 'sk-example' } });
  const conversation = /^> Tell me .*\n(?<story>.{40,})\n\((?<first>\d+) tokens read, \d+ written\)\n> Where .*\n.+\n\((?<second>\d+) tokens read, \d+ written\)\n$/s;

  const checkConversation = ({ code, stdout, stderr }) => {
    assert.equal(code, 0, stderr);
    const said = conversation.exec(stdout);
    assert.ok(said, stdout);
    assert.ok(Number(said.groups.second) > Number(said.groups.first) + 10, 'the second turn reads the first');
  };
  test('minimal_client.mjs holds a conversation', async () =>
    checkConversation(await show(process.execPath, ['--experimental-websocket', '--no-warnings', join(examples, 'minimal_client.mjs')])));
  test('minimal_client.py holds a conversation', { skip: !hasWebsockets && 'python3-websockets is missing' }, async () =>
    checkConversation(await show(python, [join(examples, 'minimal_client.py')])));

  test('openai_sdk.mjs tells a story and forks it', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'octavo-sdk-'));
    t.after(() => rmSync(folder, { recursive: true }));
    cpSync(join(examples, 'openai_sdk.mjs'), join(folder, 'openai_sdk.mjs'));
    symlinkSync(fileURLToPath(new URL('node_modules', import.meta.url)), join(folder, 'node_modules'));
    const { code, stdout, stderr } = await show(process.execPath, [join(folder, 'openai_sdk.mjs')]);
    assert.equal(code, 0, stderr);
    assert.equal(stderr, '');
    assert.match(stdout, /> Where was the lantern\?\n.+/);
    assert.match(stdout, /> Who was the story about\?\n.+/);
  });

  test('a wrong key is told as a failure', async () => {
    const { code, stderr } = await runCommand(process.execPath, ['--experimental-websocket', '--no-warnings', join(examples, 'minimal_client.mjs')], { env: { OCTAVO_URL: server.url } });
    assert.notEqual(code, 0);
    assert.match(stderr, /no server at/);
  });
});
