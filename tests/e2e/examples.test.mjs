// The clients in examples/ and the programs that README shows are run as a reader would run them: with every Node that is
// here, and with both generations of the SDK that a reader may get.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { before, describe, test } from 'node:test';
import { launchBrowser, missingBrowser, openPage } from './browser.mjs';
import { binary, examples, runCommand, serverFor, suiteScope } from './helpers.mjs';
import { slowly } from './page_suite.mjs';

const modules = fileURLToPath(new URL('node_modules', import.meta.url));
const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const python = '/usr/bin/python3'; // The one that Debian's packages are for.
const hasWebsockets = (await runCommand(python, ['-c', 'import websockets']).catch(() => ({ code: 1 }))).code === 0;
const noWebsockets = !hasWebsockets && 'python3-websockets is missing';
const noCurl = (await runCommand('curl', ['--version']).catch(() => ({ code: 1 }))).code !== 0 && 'curl is missing';
const noGrammar = !existsSync(new URL('../../.xgrammar/pins.sha256', import.meta.url)) && 'built without structured output';
const beastClient = join(dirname(binary), 'tests/beast_client');
const noBeastClient = !existsSync(beastClient) && `${beastClient} is missing: build all targets`;

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
  let slowServer; // On which a story is not over before it is steered.
  const suite = suiteScope();
  before(async () => {
    server = await serverFor(suite, ['--api-key', 'sk-example']);
    slowServer = await serverFor(suite, ['--api-key', 'sk-example', ...slowly]);
  });
  const conversation = /^> Tell me .*\n(?<story>.{40,})\n\((?<first>\d+) tokens read, \d+ written\)\n> Where .*\n.+\n\((?<second>\d+) tokens read, \d+ written\)\n$/s;

  const checkConversation = ({ code, stdout, stderr }) => {
    assert.equal(code, 0, stderr);
    const said = conversation.exec(stdout);
    assert.ok(said, stdout);
    assert.ok(Number(said.groups.second) > Number(said.groups.first) + 10, 'the second turn reads the first');
  };
  /// A check that a program ends well, complains of nothing, and says this.
  const says = (...expected) => ({ code, stdout, stderr }) => {
    assert.equal(code, 0, stderr);
    assert.equal(stderr, '');
    for (const each of expected) assert.match(stdout, each);
  };
  const animal = String.raw`\{ name: '.{1,12}', kind: '(fox|owl|mouse)', legs: [0-8] \}`;
  const weather = String.raw`get_weather\(\{"city":"(\w+)","days":[1-5]\}\) -> Sun in \w+ for [1-5] days\.`;
  /// Each example for the official SDK, the packages that it needs beside that, and what it must say.
  const forSdk = [
    ['openai_http.mjs', [], says(
      /^# A chat, whole\n(.+)\n\(\d+ tokens read, 40 written\)\n# The same chat, streamed\n\1\n# A response/s,
      /\n> Where was the lantern\?\n.+\n> Who was the story about\?\n.+\n# A request that/, /\n400: .*temperature must be between 0 and 2\n$/)],
    ['openai_websocket.mjs', ['ws'], says(/> Where was the lantern\?\n.+/, /> Who was the story about\?\n.+/)],
    ['openai_steer.mjs', ['ws'], says(/^.{10,}\n\(ended as steered after \d+ tokens\)\n> Where was the lantern\?\n.{5,}\n\(ended as completed after \d+ tokens\)\n$/s)],
    ['openai_structured.mjs', ['zod'], says(new RegExp(`^chat: ${animal}\nresponse: ${animal}\n$`))],
    ['openai_tools.mjs', ['zod'], says(new RegExp(`^chat: ${weather}\nchat: .+\nresponse: ${weather}\nresponse: .+\n$`, 's'))],
  ];

  // The address is given with and without its last slash.
  const addresses = () => [server.url, server.url.replace(/\/$/, '')];
  const show = (command, args, url, key = 'sk-example') => runCommand(command, args, { env: { OCTAVO_URL: url, OCTAVO_API_KEY: key } });
  /// The copy of an example beside these packages.
  const copied = (t, name, packages) => {
    const folder = folderWith(t, packages);
    cpSync(join(examples, 'node', name), join(folder, name));
    return join(folder, name);
  };

  for (const [version, node] of nodes) {
    test(`minimal_client.mjs holds a conversation in Node ${version}`, async (t) => {
      const program = copied(t, 'minimal_client.mjs', { ws: 'ws' });
      for (const url of addresses()) checkConversation(await show(node, ['--no-warnings', program], url));
    });

    test(`minimal_client.mjs tells a wrong key as a failure in Node ${version}`, async (t) => {
      const program = copied(t, 'minimal_client.mjs', { ws: 'ws' });
      const { code, stderr } = await runCommand(node, ['--no-warnings', program], { env: { OCTAVO_URL: server.url } });
      assert.notEqual(code, 0);
      assert.match(stderr, /no server at/);
    });

    for (const sdk of ['openai', 'openai-6']) {
      for (const [name, packages, check] of forSdk) {
        const skip = ['openai_structured.mjs', 'openai_tools.mjs'].includes(name) && noGrammar;
        test(`${name} does what it says with ${sdk} in Node ${version}`, { skip }, async (t) => {
          const program = copied(t, name, Object.fromEntries([['openai', sdk], ...packages.map((each) => [each, each])]));
          const urls = name === 'openai_steer.mjs' ? [slowServer.url] : addresses();
          for (const url of urls) check(await show(node, [program], url));
        });
      }
    }
  }

  test('minimal_client.py holds a conversation', { skip: noWebsockets }, async () => {
    for (const url of addresses()) checkConversation(await show(python, [join(examples, 'python/minimal_client.py')], url));
  });

  test('curl.sh shows every answer, and a refusal', { skip: noCurl }, async () => {
    for (const url of addresses()) {
      const { code, stdout, stderr } = await show('sh', [join(examples, 'shell/curl.sh')], url);
      assert.equal(code, 0, stderr);
      const lines = stdout.replace(/ \(curl: 22\)$/m, '').split('\n');
      const [models, chat, story, question, refusal] = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
      assert.equal(models.data[0].id, 'octavo-demo');
      const chunks = [...stdout.matchAll(/^data: (\{.*\})$/gm)].map((match) => JSON.parse(match[1]));
      assert.equal(chunks.map((chunk) => chunk.choices[0].delta.content ?? '').join(''), chat.choices[0].message.content);
      assert.match(stdout, /^data: \[DONE\]$/m);
      assert.equal(question.previous_response_id, story.id);
      assert.equal(refusal.error.param, 'temperature');
    }
    const wrong = await show('sh', [join(examples, 'shell/curl.sh')], server.url, 'sk-wrong');
    assert.notEqual(wrong.code, 0);
  });

  test('beast_client.cpp tells a story and forks it', { skip: noBeastClient }, async () => {
    for (const url of addresses()) says(/^.{40,}\n> /s, /\n> Where does Pip live\?\n.+/, /\n> Who is Pip\?\n.+/)(await show(beastClient, [], url));
    const wrong = await show(beastClient, [], server.url, 'sk-wrong');
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /declined/);
  });
});

describe('the page among the examples', { skip: missingBrowser }, () => {
  const story = 'Tell me a story about a fox named Pip and a lantern.';

  test('chat.html chats from an origin of its own, remembers, and stops an answer', async (t) => {
    const files = createServer((request, response) => {
      response.setHeader('Content-Type', 'text/html');
      response.end(readFileSync(join(examples, 'browser/chat.html')));
    }).listen(0, '127.0.0.1');
    t.after(() => files.close());
    await once(files, 'listening');
    const origin = `http://127.0.0.1:${files.address().port}`;
    const server = await serverFor(t, ['--allowed-origins', origin, '--api-key', 'sk-example', ...slowly]);
    const browser = await launchBrowser();
    t.after(() => browser.close());
    const { page, complaints } = await openPage(browser, `${origin}/chat.html?server=${server.url}&key=sk-example`);
    const state = (words) => page.waitForFunction((wanted) => document.querySelector('#state').textContent.includes(wanted), words);
    const numRead = async () => Number(/(\d+) tokens read/.exec(await page.textContent('#state'))[1]);
    await state('ready');
    assert.equal(await page.inputValue('input'), story);
    await page.click('#send');
    await state('completed');
    assert.match(await page.textContent('.answer'), /Pip/);
    const first = await numRead();
    await page.fill('input', 'Where was the lantern?');
    await page.press('input', 'Enter');
    await state('completed');
    assert.equal(await page.locator('.answer').count(), 2);
    assert.ok((await numRead()) > first + 40, 'the second turn reads the first');

    await page.fill('input', story);
    await page.click('#send');
    await page.waitForFunction(() => document.querySelectorAll('.answer')[2].textContent.length > 10);
    await page.click('#stop');
    await state('cancelled');
    await server.stop();
    await state('the connection is closed');
    assert.ok(await page.isDisabled('#send'));
    assert.deepEqual(complaints, []);
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
