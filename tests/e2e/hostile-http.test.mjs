// What a stranger may send to an open port before there is a WebSocket. A test's name begins with the number that the
// case has in the project's list of hostile inputs.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { before, describe, test } from 'node:test';
import { plainClient } from './client.mjs';
import { eventually, serverFor, suiteScope, untilIdle } from './helpers.mjs';
import { get, post, raw, rawSocket, upgrade } from './raw.mjs';

const second = get('/v1/models');
const key = 'sk-the-key';
const prompt = JSON.stringify({ prompt: 'x', max_tokens: 1, model: 'demo' });
const chunk = (data, extension = '') => `${data.length.toString(16)}${extension}\r\n${data}\r\n`;
const statusOf = async (opening) => opening.then(async (client) => (await client.close(), 101), (error) => error.status);
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/// Asserts one answer, of one of these statuses, and the end of the connection.
async function refused(server, bytes, statuses, quietMs) {
  const answer = await raw(server, bytes, quietMs);
  assert.ok(answer.closed, 'the connection is closed');
  assert.equal(answer.statuses.length, 1, `one answer and no more: ${answer.statuses}`);
  assert.ok(statuses.includes(answer.statuses[0]), `status ${answer.statuses[0]}`);
  return answer;
}

describe('hostile HTTP', () => {
  let server;
  let keyed;
  const suite = suiteScope();
  before(async () => {
    server = await serverFor(suite);
    keyed = await serverFor(suite, ['--api-key', key]);
  });

  test('case 1: gzip beside a length is refused', async () => {
    await refused(server, get('/health', 'Transfer-Encoding: gzip', 'Content-Length: 5') + 'hello' + second, [501, 400]);
    await refused(server, post('/v1/completions', 'Content-Length: 5', 'Transfer-Encoding: gzip') + 'hello' + second, [501, 400]);
  });
  test('case 2: gzip without a length is refused, and what follows never runs', async () => {
    await refused(server, get('/health', 'Transfer-Encoding: gzip') + second, [501]);
    await refused(server, post('/v1/completions', 'Transfer-Encoding: gzip') + second, [501]);
  });
  for (const encoding of ['chunked, gzip', 'gzip, chunked', 'xchunked', 'chunked\r\nTransfer-Encoding: chunked', 'chunked, chunked']) {
    test(`case 3: Transfer-Encoding ${JSON.stringify(encoding)} is refused`, () =>
      refused(server, post('/v1/completions', `Transfer-Encoding: ${encoding}`) + chunk(prompt) + '0\r\n\r\n' + second, [400, 501]));
  }
  test('case 4: chunks in HTTP/1.0 are refused', () =>
    refused(server, post('/v1/completions', 'Transfer-Encoding: chunked').replace('HTTP/1.1', 'HTTP/1.0') + chunk(prompt) + '0\r\n\r\n' + second, [400]));
  for (const lengths of [['5', '5'], ['5', '6'], ['+5'], ['0x5'], ['18446744073709551616'], ['-1'], ['5, 5'], ['']]) {
    test(`case 5: Content-Length ${lengths.join(' and ') || 'of nothing'} is refused`, () =>
      refused(server, post('/v1/completions', ...lengths.map((length) => `Content-Length: ${length}`)) + 'hello' + second, [400]));
  }
  test('case 6: a trailer opens nothing', async () => {
    const trailer = `0\r\nAuthorization: Bearer ${key}\r\nContent-Length: 9\r\n\r\n`;
    await refused(keyed, post('/v1/completions', 'Transfer-Encoding: chunked') + chunk(prompt) + trailer, [401]);
    const open = await raw(server, post('/v1/completions', 'Transfer-Encoding: chunked', 'Connection: close') + chunk(prompt) + trailer);
    assert.equal(open.statuses.length, 1);
    assert.notEqual(open.statuses[0], 401);
  });
  test('case 7: a chunk extension of 200 KB is refused', () =>
    refused(server, post('/v1/completions', 'Transfer-Encoding: chunked') + chunk(prompt, `;${'x'.repeat(200_000)}`) + '0\r\n\r\n', [400, 413]));
  test('case 7: four million chunks of a byte are refused', () =>
    refused(server, post('/v1/completions', 'Transfer-Encoding: chunked') + '1\r\n \r\n'.repeat(4 << 20), [413]));
  test('case 8: a head of many megabytes is refused', () =>
    refused(server, get('/health', `X-Long: ${'x'.repeat(1 << 19)}`), [431]));
  test('case 8: a head without end is cut off', async () => {
    const { closed, statuses } = await raw(server, get('/health', `X-Long: ${'x'.repeat(32 << 20)}`));
    assert.ok(closed);
    assert.ok(statuses.length === 0 || statuses[0] === 431); // The reset for what was unread may overtake the answer.
  });
  test('case 8: ten thousand header fields are refused, and 101 short ones', async () => {
    await refused(server, get('/health', ...Array.from({ length: 10_000 }, (_, i) => `X-${i}: y`)), [431]);
    await refused(server, get('/health', ...Array.from({ length: 100 }, (_, i) => `X-${i}: y`)), [431]);
    const most = await raw(server, get('/health', 'Connection: close', ...Array.from({ length: 98 }, (_, i) => `X-${i}: y`)));
    assert.deepEqual(most.statuses, [200]);
  });
  test('case 8: a cookie of 64 KB is refused', () => refused(server, get('/health', `Cookie: a=${'x'.repeat(65536)}`), [431]));
  test('case 9: no Host, two Hosts, and the Host of a stranger are refused', async () => {
    await refused(server, 'GET /health HTTP/1.1\r\n\r\n', [400]);
    await refused(server, get('/health', 'Host: localhost'), [400]);
    await refused(server, get('/health').replace('localhost', 'evil.example'), [421]);
    await refused(server, upgrade().replace('localhost', 'evil.example'), [421]);
    await refused(server, get('/health').replace('localhost', ''), [400]);
  });
  test('case 10: a length of 10 GB is refused at the head', async () => {
    const { ms } = await refused(server, post('/v1/completions', 'Content-Length: 10737418240'), [413]);
    assert.ok(Number.isFinite(ms));
  });
  test('case 10: chunks without end are refused at the limit', () =>
    refused(server, post('/v1/completions', 'Transfer-Encoding: chunked') + chunk('x'.repeat(1 << 20)).repeat(6), [413]));
  test('case 11: a thousand requests at once are answered in their order, and the last closes', async () => {
    const requests = Array.from({ length: 1000 }, (_, i) => get(`/health`, `X-Request-Id: number-${i}`));
    const { text, statuses, closed } = await raw(server, requests.join(''));
    assert.equal(statuses.length, 1000);
    assert.ok(statuses.every((status) => status === 200));
    const ids = [...text.matchAll(/X-Request-Id: number-(\d+)/g)].map((match) => Number(match[1]));
    assert.deepEqual(ids, requests.map((_, i) => i));
    assert.ok(closed);
  });
  const targets = [
    [get('/health').replace('GET', 'TRACE'), [405]],
    [get('/health').replace('GET', 'BREW'), [400, 405]],
    [get('localhost:80').replace('GET', 'CONNECT'), [400, 405]],
    [get('http://localhost/nothing'), [404]],
    [get('http://evil.example/health'), [421]],
    [get('http://user@localhost/health'), [400]],
    [get('http:///health'), [400]],
    [get('ftp://localhost/health'), [400]],
    [get('*'), [400]],
    [get('//health'), [404]],
    [get('/../../etc/passwd'), [404]],
    [get('/%2e%2e/%2e%2e/etc/passwd'), [404]],
    [get('/%00'), [400]],
    [get('/health%00'), [400]],
    [get('/%zz'), [400]],
    [get('/a\0b'), [400]],
    [get('/health x'), [400]],
  ];
  for (const [bytes, statuses] of targets) {
    test(`case 12: ${JSON.stringify(bytes.split('\r\n')[0])} leads nowhere`, async () => {
      const answer = await raw(server, bytes.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
      assert.equal(answer.statuses.length, 1);
      assert.ok(statuses.includes(answer.statuses[0]), `status ${answer.statuses[0]}`);
      assert.doesNotMatch(answer.text, /root:/);
    });
  }

  test('case 14: an upgrade with a body or with bytes behind its head is refused', async () => {
    await refused(server, upgrade('Content-Length: 3') + 'abc', [400]);
    await refused(server, upgrade('Content-Length: 0'), [400]);
    await refused(server, upgrade('Transfer-Encoding: chunked') + '0\r\n\r\n', [400, 411]);
    await refused(server, upgrade() + 'early', [400]);
  });
  test('case 15: what is no upgrade of this protocol is refused, and says which version there is', async () => {
    const old = await raw(server, upgrade().replace('Version: 13', 'Version: 8'));
    assert.deepEqual(old.statuses, [426]);
    assert.match(old.text, /Sec-WebSocket-Version: 13/);
    for (const key of ['short', 'x'.repeat(24), `${'A'.repeat(43)}=`, '"AAAAAAAAAAAAAAAAAAAA==', ''])
      assert.deepEqual((await raw(server, upgrade().replace(/Sec-WebSocket-Key: \S+/, `Sec-WebSocket-Key: ${key}`))).statuses, [400], key);
    assert.deepEqual((await raw(server, upgrade().replace(/Sec-WebSocket-Key: \S+\r\n/, ''))).statuses, [400]);
    assert.deepEqual((await raw(server, upgrade().replace('HTTP/1.1', 'HTTP/1.0'))).statuses, [426]);
    const posted = await raw(server, upgrade('Content-Length: 0').replace('GET', 'POST').replace('Connection: Upgrade', 'Connection: Upgrade, close'));
    assert.deepEqual(posted.statuses, [400]);
  });
  test('case 16: a hundred subprotocols do no harm, and 64 KB of extensions are refused', async () => {
    const many = Array.from({ length: 100 }, (_, i) => `p${i}`).join(', ');
    const opened = await raw(server, upgrade(`Sec-WebSocket-Protocol: ${many}`), 500);
    assert.deepEqual(opened.statuses, [101]);
    assert.doesNotMatch(opened.text, /Sec-WebSocket-Protocol/);
    await refused(server, upgrade(`Sec-WebSocket-Extensions: ${'x; '.repeat(22_000)}`), [431]);
  });
  test('case 19: a wrong key, an empty one, a huge one and one with NUL are refused alike', async () => {
    const wrong = await refused(keyed, upgrade('Authorization: Bearer wrong'), [401]);
    assert.match(wrong.text, /WWW-Authenticate: Bearer/);
    assert.match(wrong.text, /"invalid_api_key"/);
    for (const value of ['Bearer ', 'Bearer', '', `Basic ${key}`, key]) await refused(keyed, upgrade(`Authorization: ${value}`), [401]);
    await refused(keyed, upgrade(`Authorization: Bearer ${'x'.repeat(1 << 20)}`), [431]);
    await refused(keyed, upgrade(`Authorization: Bearer ${'x'.repeat(12_000)}`), [401]);
    await refused(keyed, upgrade(`Authorization: Bearer ${key}\0`), [400]);
    await refused(keyed, upgrade(`Authorization: Bearer ${key}`, `Authorization: Bearer ${key}`), [401]);
  });
  test('every path but health, readiness, the version and the page wants the key', async () => {
    const paths = ['/metrics', '/debug/audit', '/v1/models', '/v1/models/demo', '/v1/usage', '/v1/responses', '/v1/responses/resp_1',
                   '/v1/responses/resp_1/input_items', '/nothing', '/v1'];
    for (const path of paths) {
      const { text, statuses } = await raw(keyed, get(path, 'Connection: close'));
      assert.deepEqual(statuses, [401], path);
      assert.match(text, /WWW-Authenticate: Bearer\r\n/, path);
    }
    for (const path of ['/v1/responses', '/v1/responses/input_tokens', '/v1/responses/compact', '/v1/chat/completions', '/v1/completions',
                        '/v1/chat/completions/render', '/v1/completions/render', '/tokenize', '/detokenize', '/v1/tokenize',
                        '/v1/responses/resp_1/cancel']) {
      const { statuses } = await raw(keyed, post(path, 'Content-Length: 2', 'Connection: close') + '{}');
      assert.deepEqual(statuses, [401], path);
    }
    for (const path of ['/v1/responses/resp_1', '/v1/requests/x']) {
      assert.deepEqual((await raw(keyed, get(path, 'Connection: close').replace('GET', 'DELETE'))).statuses, [401], path);
    }
    for (const path of ['/health', '/ready', '/version', '/']) assert.deepEqual((await raw(keyed, get(path, 'Connection: close'))).statuses, [200], path);
  });
  test('case 21: the page of a stranger is refused before the upgrade', async () => {
    for (const origin of ['https://evil.example', 'null', 'http://localhost.evil.example', 'file://'])
      await refused(server, upgrade(`Origin: ${origin}`), [403]);
    assert.equal(await statusOf(plainClient(server, { origin: `http://127.0.0.1:${server.port}` })), 101);
  });
  test('nothing of all that is left behind', () => untilIdle(server));
});

describe('crowds', () => {
  for (const [what, begin, flag] of [['head', 'GET /health HTTP/1.1\r\nX-Drip: ', '--client-header-timeout'],
                                     ['body', post('/v1/completions', 'Content-Length: 1000'), '--client-body-timeout']]) {
    test(`case 17: a ${what} of a byte at a time is told that it is late, and closed`, async (t) => {
      const server = await serverFor(t, [flag, '1']);
      const socket = connect(server.port, '127.0.0.1');
      socket.on('error', () => {});
      let text = '';
      socket.on('data', (data) => (text += data));
      const closed = once(socket, 'close');
      socket.write(begin);
      const drip = setInterval(() => socket.write('x'), 200);
      await closed;
      clearInterval(drip);
      assert.match(text, /^HTTP\/1\.1 408 /);
      assert.match(text, /Connection: close\r\n/);
    });
  }
  test('case 17: a connection on which nothing comes is closed without a word', async (t) => {
    const server = await serverFor(t, ['--client-header-timeout', '1']);
    const { text, closed } = await raw(server, '');
    assert.ok(closed);
    assert.equal(text, '');
  });
  test('case 18: half-open connections of one address leave room for another', async (t) => {
    const server = await serverFor(t, ['--max-connections-per-address', '50']);
    const idle = Array.from({ length: 50 }, () => connect(server.port, '127.0.0.1'));
    for (const socket of idle) socket.on('error', () => {});
    await Promise.all(idle.map((socket) => once(socket, 'connect')));
    const { statuses, text } = await raw(server, get('/health'));
    assert.deepEqual(statuses, [429]);
    assert.match(text, /Retry-After: 1\r\n/);
    assert.match(text, /--max-connections-per-address/);
    const other = await rawSocket(server, { from: '127.0.0.2' });
    other.socket.destroy();
    for (const socket of idle) socket.destroy();
    await eventually(async () => (await raw(server, get('/health', 'Connection: close'))).statuses[0] === 200, 'room again');
  });
  test('case 18: a server that has all its connections says so with 503', async (t) => {
    const server = await serverFor(t, ['--max-connections', '2']);
    const clients = [await plainClient(server), await plainClient(server)];
    const { statuses, text } = await raw(server, get('/health'));
    assert.deepEqual(statuses, [503]);
    assert.match(text, /Retry-After: \d+\r\n/);
    assert.equal(await statusOf(plainClient(server)), 503);
    for (const client of clients) await client.close();
  });
  test('case 20: a storm of wrong keys is throttled, and the stream of another goes on', async (t) => {
    const server = await serverFor(t, ['--api-key', key, '--max-handshakes-per-address', '20']);
    const headers = { authorization: `Bearer ${key}` };
    const client = await plainClient(server, { headers, localAddress: '127.0.0.2' });
    const turn = client.create({ input: 'Tell me a story.', temperature: 0, ignore_eos: true, max_output_tokens: 200 });
    await turn.started;
    const storm = await Promise.all(Array.from({ length: 300 }, () => raw(server, upgrade('Authorization: Bearer wrong'))));
    const counts = (status) => storm.filter(({ statuses }) => statuses[0] === status).length;
    assert.ok(counts(401) >= 20, `${counts(401)} were told that the key is wrong`);
    assert.ok(counts(429) > 0, `${counts(429)} were told to come slower`);
    assert.equal(storm.filter(({ closed }) => !closed).length, 0);
    assert.equal((await turn.finished).error, undefined);
    await client.close();
    await sleep(10);
  });
});
