// TLS on the one port: who is served, who is refused, and what becomes of those who stop half-way.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { before, describe, test } from 'node:test';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { certificateFolder } from './certificates.mjs';
import { isTerminal } from './contract.mjs';
import { eventually, metricsOf, octavo, patience, runCommand, serverFor, suiteScope, untilIdle } from './helpers.mjs';
import { get, post, raw, upgrade } from './raw.mjs';

/// Where this machine asks for metrics in the clear.
const plainly = (server) => ({ ...server, url: server.url.replace('https:', 'http:') });
const flagsFor = ({ cert, key }, ...more) => ['--ssl-certfile', cert, '--ssl-keyfile', key, ...more];

/// One answer over https: {status, text, socket}.
function ask(server, path, { ca, body, agent = false, ...more } = {}) {
  return new Promise((resolve, reject) => {
    const request = https.request({ host: 'localhost', port: server.port, path, ca, agent, method: body ? 'POST' : 'GET', ...more }, (answer) => {
      const { socket } = answer;
      let text = '';
      answer.setEncoding('utf8').on('data', (piece) => (text += piece));
      answer.on('end', () => resolve({ status: answer.statusCode, text, socket }));
      answer.on('error', reject);
    });
    request.on('error', reject);
    request.end(body && JSON.stringify(body));
  });
}

/// A TLS connection on which bytes are written as they are: what came until the server closed.
function rawSecure(server, bytes, ca, quietMs = 8000) {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host: 'localhost', port: server.port, ca }, () => socket.write(bytes));
    let text = '';
    socket.setTimeout(quietMs * patience, () => { socket.destroy(); resolve({ text, closed: false }); });
    socket.on('data', (data) => (text += data.toString('latin1')));
    socket.on('end', () => resolve({ text, closed: true }));
    socket.on('error', reject);
  });
}

/// How a handshake ends: its protocol, or the code of the error.
const handshake = (server, options) => new Promise((resolve) => {
  const socket = tls.connect({ host: 'localhost', port: server.port, ...options });
  // In TLS 1.3 a client believes itself connected before the server has judged its certificate.
  socket.on('secureConnect', () => socket.write(get('/health', 'Connection: close')));
  socket.on('data', () => { resolve(socket.getProtocol()); socket.destroy(); });
  socket.on('error', (error) => resolve(error.code));
  socket.on('close', () => resolve('closed'));
});

describe('TLS', () => {
  let server;
  let certificates;
  let ca;
  const suite = suiteScope();
  before(async () => {
    certificates = certificateFolder(suite);
    const files = certificates.make('server');
    ca = certificates.read('server.pem');
    server = await serverFor(suite, flagsFor(files, '--client-header-timeout', '2', '--log-level', 'debug', '--max-handshakes-per-address', '0', '--max-connections-per-address', '0'));
  });

  test('the official client chats, streams and opens a WebSocket', async () => {
    const script = fileURLToPath(new URL('tls_client.mjs', import.meta.url));
    const { code, stdout, stderr } = await runCommand(process.execPath, [script, `https://localhost:${server.port}/`], { env: { NODE_EXTRA_CA_CERTS: certificates.file('server.pem') } });
    assert.equal(code, 0, stderr);
    const said = JSON.parse(stdout);
    assert.ok(said.chat.length > 0);
    assert.equal(said.streamed, said.chat);
    assert.equal(said.socket, said.chat);
  });

  test('the address that is told at the start is https', () => assert.match(server.stdout(), /serving at https:\/\/127\.0\.0\.1:\d+\/$/m));

  test('requests follow one another on a connection, long bodies both ways', async () => {
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
    const sockets = new Set();
    for (const size of [1, 200_000, 1, 3_000_000, 1]) {
      const read = await ask(server, '/metrics', { ca, agent });
      assert.equal(read.status, 200);
      assert.ok(read.text.length > 16_384, 'more than a record of TLS holds');
      const sent = await ask(server, '/detokenize', { ca, agent, body: { tokens: [5], user: 'x'.repeat(size) } });
      assert.equal(sent.status, 200);
      sockets.add(read.socket).add(sent.socket);
    }
    assert.equal(sockets.size, 1);
    agent.destroy();
  });

  test('requests that are sent at once are answered in their order', async () => {
    const requests = Array.from({ length: 300 }, (_, i) => get('/health', `X-Request-Id: number-${i}`));
    const { text, closed } = await rawSecure(server, requests.join('') + get('/health', 'Connection: close'), ca);
    assert.ok(closed);
    assert.deepEqual([...text.matchAll(/X-Request-Id: number-(\d+)/g)].map((match) => Number(match[1])), requests.map((_, i) => i));
  });

  test('bytes that come one by one, each in a record of its own, are a request', async () => {
    const socket = tls.connect({ host: 'localhost', port: server.port, ca });
    await once(socket, 'secureConnect');
    for (const byte of get('/health', 'Connection: close')) socket.write(byte);
    const [data] = await once(socket, 'data');
    assert.match(String(data), /^HTTP\/1\.1 200 /);
    socket.destroy();
  });

  test('a client that leaves in the middle of a stream takes its request with it', async () => {
    const body = JSON.stringify({ model: 'octavo-demo', prompt: 'x', max_tokens: 1800, ignore_eos: true, stream: true });
    for (const leave of [(socket) => socket.destroy(), (socket) => socket.end()]) {
      const socket = tls.connect({ host: 'localhost', port: server.port, ca });
      await once(socket, 'secureConnect');
      socket.write(post('/v1/completions', `Content-Length: ${body.length}`) + body);
      await once(socket, 'data');
      leave(socket);
      await untilIdle(plainly(server));
    }
  });

  test('an answer that is done is followed by the next request, however the two meet', async () => {
    const socket = tls.connect({ host: 'localhost', port: server.port, ca });
    await once(socket, 'secureConnect');
    const body = JSON.stringify({ model: 'octavo-demo', prompt: 'x', max_tokens: 1 });
    let text = '';
    socket.on('data', (data) => (text += data));
    for (let i = 1; i <= 200; ++i) {
      socket.write(post('/v1/completions', `Content-Length: ${body.length}`) + body);
      await eventually(() => text.split('HTTP/1.1 200').length === i + 1, `answer ${i}`);
    }
    socket.destroy();
  });

  test('a WebSocket streams, pings and closes with its code', async () => {
    const socket = new WebSocket(`wss://localhost:${server.port}/v1/responses`, { ca });
    await once(socket, 'open');
    const events = [];
    socket.on('message', (data) => events.push(JSON.parse(data)));
    socket.ping('x');
    assert.equal(String((await once(socket, 'pong'))[0]), 'x');
    socket.send(JSON.stringify({ type: 'response.create', input: 'A story.', max_output_tokens: 300, ignore_eos: true, store: false }));
    await eventually(() => events.some(isTerminal), 'the end');
    assert.deepEqual(events.map((event) => event.sequence_number), events.map((_, i) => i));
    socket.send(Buffer.from('binary'));
    assert.equal((await once(socket, 'close'))[0], 1003);
  });

  test('the same port serves this machine in the clear', async () => {
    assert.equal((await fetch(`http://127.0.0.1:${server.port}/health`)).status, 200);
    const opened = await raw(server, upgrade(), 500);
    assert.deepEqual(opened.statuses, [101]);
  });

  test('versions before 1.2 are refused, 1.2 and 1.3 are served', async () => {
    assert.equal(await handshake(server, { ca, minVersion: 'TLSv1.3' }), 'TLSv1.3');
    assert.equal(await handshake(server, { ca, maxVersion: 'TLSv1.2' }), 'TLSv1.2');
    const old = await handshake(server, { ca, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' });
    assert.match(old, /PROTOCOL|closed|ECONNRESET/);
  });

  test('http/1.1 is chosen of what a client offers, and nothing else is', async () => {
    const socket = tls.connect({ host: 'localhost', port: server.port, ca, ALPNProtocols: ['h2', 'http/1.1'] });
    await once(socket, 'secureConnect');
    assert.equal(socket.alpnProtocol, 'http/1.1');
    socket.destroy();
    assert.match(await handshake(server, { ca, ALPNProtocols: ['h2'] }), /ALERT|PROTOCOL/);
  });

  test('a client that comes back needs no whole handshake', async () => {
    const first = tls.connect({ host: 'localhost', port: server.port, ca });
    const [ticket] = await once(first, 'session');
    first.destroy();
    const second = tls.connect({ host: 'localhost', port: server.port, ca, session: ticket });
    await once(second, 'secureConnect');
    assert.ok(second.isSessionReused());
    second.destroy();
  });

  test('case 13: what only begins like a handshake is closed', async () => {
    for (const bytes of ['\x16', '\x16\x03\x01\x00\x05hello', `\x16${'x'.repeat(100_000)}`, '\x16\x03\x03\xff\xff', `\x16\x03\x01\x40\x00\x01${'\0'.repeat(0x4000)}`]) {
      const { closed, statuses } = await raw(server, Buffer.from(bytes, 'latin1'));
      assert.ok(closed);
      assert.deepEqual(statuses, []);
    }
  });

  test('a handshake of a byte at a time is closed when its time is up', async () => {
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => {});
    const closed = once(socket, 'close');
    const drip = setInterval(() => socket.write(Buffer.from([0x16])), 100);
    socket.resume();
    await closed;
    clearInterval(drip);
  });

  test('a client that closes its half in the handshake, or after it, is let go', async () => {
    const early = connect(server.port, '127.0.0.1');
    early.end(Buffer.from([0x16, 3, 1]));
    early.resume();
    await once(early, 'close');
    const late = tls.connect({ host: 'localhost', port: server.port, ca });
    await once(late, 'secureConnect');
    late.end();
    late.resume();
    await once(late, 'close');
  });

  test('a thousand connections that stop in the handshake keep nobody out, and are gone after their time', async () => {
    const stopped = Array.from({ length: 1000 }, () => connect(server.port, '127.0.0.1'));
    for (const socket of stopped) socket.on('error', () => {});
    await Promise.all(stopped.map((socket) => once(socket, 'connect')));
    for (const socket of stopped) { socket.write(Buffer.from([0x16, 3, 1, 2, 0, 1, 0])); socket.resume(); }
    assert.equal((await ask(server, '/health', { ca })).status, 200);
    await Promise.all(stopped.map((socket) => (socket.closed ? undefined : once(socket, 'close'))));
    assert.equal((await ask(server, '/health', { ca })).status, 200);
    await untilIdle(plainly(server));
  });

  test('failed handshakes are debug lines, and few of them', () => {
    const lines = (server.stdout() + server.stderr()).split('\n').filter((line) => line.includes('no TLS handshake'));
    assert.ok(lines.length >= 1 && lines.length < 100, `${lines.length} lines`);
    assert.ok(lines.every((line) => line.includes('[debug]')));
  });
});

describe('who is served', () => {
  const suite = suiteScope();
  let certificates;
  before(() => { certificates = certificateFolder(suite); });

  test('--plain-http none tells whoever asks in the clear to ask by https', async (t) => {
    const files = certificates.make('none');
    const server = await serverFor(t, flagsFor(files, '--plain-http', 'none'));
    for (const bytes of [get('/health'), upgrade()]) {
      const { statuses, text, closed } = await raw(server, bytes);
      assert.deepEqual(statuses, [400]);
      assert.match(text, /"tls_required"/);
      assert.match(text, /https:\/\//);
      assert.ok(closed);
    }
    assert.equal((await ask(server, '/health', { ca: certificates.read('none.pem') })).status, 200);
  });

  test('who comes beyond a limit hears why in the clear, and is closed over TLS', async (t) => {
    const server = await serverFor(t, flagsFor(certificates.make('full'), '--max-connections', '1'));
    const ca = certificates.read('full.pem');
    const held = new WebSocket(`wss://localhost:${server.port}/v1/responses`, { ca });
    await once(held, 'open');
    assert.deepEqual((await raw(server, get('/health'))).statuses, [503]);
    assert.match(await handshake(server, { ca }), /ECONNRESET|closed/);
    held.close();
    await eventually(async () => (await handshake(server, { ca })) === 'TLSv1.3', 'room again');
  });

  const address = Object.values(networkInterfaces()).flat().find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  test('other machines are served in the clear where all are', { skip: !address && 'this machine has no address but its own' }, async (t) => {
    const files = certificates.make('all');
    for (const [flags, status] of [[[], 400], [['--plain-http', 'all'], 200]]) {
      const server = await serverFor(t, flagsFor(files, '--host', '0.0.0.0', ...flags));
      assert.equal((await fetch(`http://${address}:${server.port}/health`)).status, status);
      assert.equal((await fetch(`http://127.0.0.1:${server.port}/health`)).status, 200);
    }
  });

  test('with authorities a client needs a certificate that one of them has signed', async (t) => {
    certificates.make('authority');
    certificates.make('stranger');
    const files = certificates.make('checked');
    const good = certificates.make('friend', { issuer: 'authority' });
    const server = await serverFor(t, flagsFor(files, '--ssl-ca-certs', certificates.file('authority.pem')));
    const ca = certificates.read('checked.pem');
    const own = (name) => ({ ca, cert: certificates.read(`${name}.pem`), key: certificates.read(`${name}.key`) });
    for (const version of ['TLSv1.2', 'TLSv1.3']) {
      const only = { minVersion: version, maxVersion: version };
      assert.equal(await handshake(server, { ...own('friend'), ...only }), version);
      assert.notEqual(await handshake(server, { ca, ...only }), version);
      assert.notEqual(await handshake(server, { ...own('stranger'), ...only }), version);
    }
    assert.ok(good.cert);
    const socket = new WebSocket(`wss://localhost:${server.port}/v1/responses`, own('friend'));
    await once(socket, 'open');
    socket.close();
    // Who comes back with a ticket has shown its certificate.
    const first = tls.connect({ host: 'localhost', port: server.port, ...own('friend') });
    const [ticket] = await once(first, 'session');
    first.destroy();
    assert.equal(await handshake(server, { ca, session: ticket }), 'TLSv1.3');
  });

  test('new files are taken without a restart, and what runs goes on', async (t) => {
    const files = { cert: certificates.file('live.pem'), key: certificates.file('live.key') };
    certificates.make('first');
    certificates.make('second');
    certificates.make('third');
    const become = (name) => { copyFileSync(certificates.file(`${name}.pem`), files.cert); copyFileSync(certificates.file(`${name}.key`), files.key); };
    become('first');
    const server = await serverFor(t, flagsFor(files, '--enable-ssl-refresh'));
    const ca = ['first', 'second', 'third'].map((name) => certificates.read(`${name}.pem`));
    const shown = async () => {
      const socket = tls.connect({ host: 'localhost', port: server.port, ca });
      await once(socket, 'secureConnect');
      const { CN } = socket.getPeerCertificate().subject;
      socket.destroy();
      return CN;
    };
    const old = new WebSocket(`wss://localhost:${server.port}/v1/responses`, { ca });
    await once(old, 'open');
    assert.equal(await shown(), 'first');
    become('second');
    await eventually(async () => (await shown()) === 'second', 'the second certificate, by itself');
    writeFileSync(files.key, 'no key');
    server.process.kill('SIGHUP');
    await eventually(() => /the files cannot be used: --ssl-keyfile: \S+live\.key/.test(server.stdout() + server.stderr()), 'a line that names the file');
    assert.equal(await shown(), 'second');
    become('third');
    server.process.kill('SIGHUP');
    await eventually(async () => (await shown()) === 'third', 'the third certificate');
    const answered = once(old, 'message');
    old.send(JSON.stringify({ type: 'response.create', input: 'x', max_output_tokens: 2, store: false }));
    assert.equal(JSON.parse((await answered)[0]).type, 'response.created');
    old.close();
  });

  test('a file that cannot be used ends the start with one line that names it', async () => {
    const files = certificates.make('start');
    certificates.make('another');
    writeFileSync(certificates.file('nonsense.pem'), 'nonsense');
    const refused = async (pattern, ...flags) => {
      const { code, stderr } = await octavo(['serve', '--port', '0', '--log-level', 'off', ...flags]);
      assert.equal(code, 2);
      assert.match(stderr, pattern);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
    };
    await refused(/--ssl-certfile: .*missing\.pem: No such file/, '--ssl-certfile', '/missing.pem');
    await refused(/--ssl-certfile: .*nonsense\.pem/, '--ssl-certfile', certificates.file('nonsense.pem'), '--ssl-keyfile', files.key);
    await refused(/--ssl-keyfile: .*another\.key is not that of the certificate/, '--ssl-certfile', files.cert, '--ssl-keyfile', certificates.file('another.key'));
    await refused(/--ssl-ca-certs: .*nonsense\.pem/, '--ssl-certfile', files.cert, '--ssl-keyfile', files.key, '--ssl-ca-certs', certificates.file('nonsense.pem'));
    await refused(/--ssl-certfile/, '--ssl-keyfile', files.key);
  });
});

describe('a server without a certificate', () => {
  test('case 13: a handshake is closed without a word, and a crowd of them fills no log', async (t) => {
    const server = await serverFor(t, ['--log-level', 'debug']);
    const results = await Promise.all(Array.from({ length: 100 }, () => raw(server, Buffer.from([0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3]))));
    assert.ok(results.every(({ closed, text }) => closed && text === ''));
    assert.equal(await handshake(server, {}), 'ECONNRESET');
    assert.deepEqual((await raw(server, get('/health', 'Connection: close'))).statuses, [200]);
    const numLines = () => (server.stdout() + server.stderr()).split('\n').filter((line) => line.includes('begins with TLS')).length;
    await eventually(() => numLines() >= 1, 'a line of the log, which is written by a thread of its own');
    assert.ok(numLines() < 20, `${numLines()} lines`);
  });
});
