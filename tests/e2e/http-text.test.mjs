// Answers with text over HTTP, byte by byte: framing, keep-alive, bodies in chunks, and what a stranger may send.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { before, describe, test } from 'node:test';
import { eventually, metricsOf, patience, serverFor, suiteScope, untilIdle } from './helpers.mjs';

/// A connection that a test writes to and reads from by hand.
class Wire {
  text = '';
  closed = false;
  constructor(server) {
    this.socket = connect(server.port, '127.0.0.1');
    this.socket.on('data', (data) => (this.text += data.toString('latin1')));
    this.socket.on('close', () => (this.closed = true));
    this.socket.on('error', () => {});
  }
  send(bytes) { this.socket.write(bytes); return this; }
  until(pattern, what = String(pattern)) { return eventually(() => pattern.test(this.text), `${what} in ${this.text.slice(-300)}`, 8000); }
  untilClosed() { return eventually(() => this.closed, 'the server closes the connection', 8000); }
  statuses() { return [...this.text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1])); }
}

const ask = (body, { path = '/v1/chat/completions', version = '1.1', headers = [] } = {}) => {
  const text = JSON.stringify(body);
  return [`POST ${path} HTTP/${version}`, 'Host: localhost', 'Content-Type: application/json', `Content-Length: ${Buffer.byteLength(text)}`, ...headers, '', text].join('\r\n');
};
const chat = (more) => ({ messages: [{ role: 'user', content: 'Tell me a story about a fox.' }], max_tokens: 4, temperature: 0, ...more });
const chunked = (body, sizes, { head = [], end = '0\r\n\r\n' } = {}) => {
  const text = JSON.stringify(body);
  let bytes = ['POST /v1/chat/completions HTTP/1.1', 'Host: localhost', 'Transfer-Encoding: chunked', ...head, '', ''].join('\r\n');
  for (let at = 0; at < text.length; at += sizes) {
    const part = text.slice(at, at + sizes);
    bytes += `${part.length.toString(16)}\r\n${part}\r\n`;
  }
  return bytes + end;
};

describe('text over HTTP, on the wire', () => {
  let server;
  const suite = suiteScope();
  before(async () => (server = await serverFor(suite)));

  test('a stream is chunked, told not to be buffered, and ends with [DONE] and its body', async () => {
    const wire = new Wire(server).send(ask(chat({ stream: true })));
    await wire.until(/0\r\n\r\n$/);
    const [head, ...rest] = wire.text.split('\r\n\r\n');
    assert.match(head, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(head, /Content-Type: text\/event-stream; charset=utf-8/);
    assert.match(head, /Cache-Control: no-cache/);
    assert.match(head, /X-Accel-Buffering: no/);
    assert.match(head, /Transfer-Encoding: chunked/);
    const body = rest.join('\r\n\r\n');
    assert.match(body, /data: \[DONE\]\n\n\r\n0\r\n\r\n$/);
    const events = body.replace(/\r\n[0-9a-f]+\r\n|^[0-9a-f]+\r\n/g, '').split('\n\n').filter((event) => event.startsWith('data: {'));
    for (const event of events) JSON.parse(event.slice(6));
    assert.equal(events.length, 6, 'the role, four tokens, the reason');
    wire.send(ask(chat()));
    await wire.until(/"finish_reason":"length"}],"usage":\{"prompt_tokens":\d+,"completion_tokens":4/);
    assert.deepEqual(wire.statuses(), [200, 200], 'the connection goes on');
    wire.socket.destroy();
  });

  test('a client of HTTP/1.0 gets a stream without chunks, to the end of the connection', async () => {
    const wire = new Wire(server).send(ask(chat({ stream: true }), { version: '1.0' }));
    await wire.untilClosed();
    assert.doesNotMatch(wire.text, /Transfer-Encoding/);
    assert.match(wire.text, /\r\n\r\ndata: \{/);
    assert.match(wire.text, /data: \[DONE\]\n\n$/);
  });

  test('requests that come before their turn are answered in order', async () => {
    const wire = new Wire(server).send(ask(chat({ max_tokens: 1 })) + ask(chat({ stream: true })) + 'GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    await wire.untilClosed();
    assert.deepEqual(wire.statuses(), [200, 200, 200]);
    assert.ok(wire.text.indexOf('"chat.completion"') < wire.text.indexOf('[DONE]'));
    assert.ok(wire.text.endsWith('{"status":"ok"}'));
  });

  test('a body in chunks is read, and the connection goes on', async () => {
    for (const sizes of [1, 7, 4096]) {
      const wire = new Wire(server).send(chunked(chat(), sizes) + 'GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
      await wire.untilClosed();
      assert.deepEqual(wire.statuses(), [200, 200]);
    }
  });

  test('framing that others read differently is refused, and ends the connection', async () => {
    const after = 'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const text = JSON.stringify(chat());
    const size = text.length.toString(16);
    const bodies = {
      'a chunk extension': `${size};a="\r\n"\r\n${text}\r\n0\r\n\r\n`,
      'an endless chunk head': `${size};${'x'.repeat(400_000)}\r\n${text}\r\n0\r\n\r\n`,
      'a size that is none': `0x${size}\r\n${text}\r\n0\r\n\r\n`,
      'a sign': `+${size}\r\n${text}\r\n0\r\n\r\n`,
      'a size beyond all numbers': `FFFFFFFFFFFFFFFFF\r\n${text}\r\n0\r\n\r\n`,
      'a size without its bytes': `${(text.length - 1).toString(16)}\r\n${text}\r\n0\r\n\r\n`,
    };
    for (const [what, body] of Object.entries(bodies)) {
      const head = 'POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n';
      const wire = new Wire(server).send(head + body + after);
      await wire.untilClosed();
      assert.deepEqual(wire.statuses(), [400], what);
    }
    const trailed = new Wire(server).send(chunked(chat(), 100, { end: '0\r\nX-Request-Id: evil\r\n\r\n' }));
    await trailed.until(/HTTP\/1\.1 \d{3}/);
    assert.doesNotMatch(trailed.text, /evil/, 'a trailer is no part of the head');
    trailed.socket.destroy();
    const both = new Wire(server).send(ask(chat(), { headers: ['Transfer-Encoding: chunked'] }));
    await both.untilClosed();
    assert.deepEqual(both.statuses(), [400]);
  });

  test('a body that is too large is refused by its length, and without one where it goes too far', async () => {
    const head = 'POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n';
    const told = new Wire(server).send(`${head}Content-Length: 5000000\r\n\r\n{`);
    await told.until(/HTTP\/1\.1 413/);
    assert.match(told.text, /larger than|too large/);
    const untold = new Wire(server).send(`${head}Transfer-Encoding: chunked\r\n\r\n`);
    for (let i = 0; i < 80 && !/HTTP/.test(untold.text); ++i) untold.send(`10000\r\n${' '.repeat(65536)}\r\n`);
    await untold.until(/HTTP\/1\.1 413/);
    const elsewhere = new Wire(server).send(ask({ x: 'x'.repeat(70_000) }, { path: '/v1/models' }));
    await elsewhere.until(/HTTP\/1\.1 413/);
  });

  test('whoever asks first whether to send a body is told to go on', async () => {
    const [head, body] = ask(chat(), { headers: ['Expect: 100-continue', 'Connection: close'] }).split('\r\n\r\n');
    const wire = new Wire(server).send(`${head}\r\n\r\n`);
    await wire.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    wire.send(body);
    await wire.untilClosed();
    assert.deepEqual(wire.statuses(), [100, 200]);
  });

  test('a body that is no JSON object, or too deep, is told so and costs nothing', async () => {
    for (const body of ['', '{', '[]', '"x"', 'null', `{"a":${'['.repeat(40)}${']'.repeat(40)}}`, '{"messages":[{"role":"user","content":"\xff"}]}']) {
      const response = await fetch(`${server.url}v1/chat/completions`, { method: 'POST', body: Buffer.from(body, 'latin1') });
      assert.equal(response.status, 400, body);
      assert.equal((await response.json()).error.code, 'invalid_json');
    }
    const page = await metricsOf(server);
    assert.equal(page.get('octavo:num_requests_in_flight'), 0);
    assert.ok(page.get('octavo:request_rejected_total{code="invalid_json"}') >= 7);
  });

  test('a request has the name that its client gave it, by which anybody with its key cancels it', async () => {
    const wire = new Wire(server).send(ask(chat({ stream: true, max_tokens: 1900, ignore_eos: true }), { headers: ['X-Request-Id: mine-1'] }));
    await wire.until(/X-Request-Id: mine-1\r\n[^]*"content":"/);
    const missing = await fetch(`${server.url}v1/requests/other`, { method: 'DELETE' });
    assert.equal(missing.status, 404);
    const cancelled = await (await fetch(`${server.url}v1/requests/mine-1`, { method: 'DELETE' })).json();
    assert.equal(cancelled.cancelled, true);
    assert.equal(cancelled.response_ids.length, 1);
    await wire.until(/"finish_reason":"abort"[^]*\[DONE\]/);
    await untilIdle(server);
    assert.equal((await fetch(`${server.url}v1/requests/mine-1`, { method: 'DELETE' })).status, 404);
    wire.socket.destroy();
  });

  test('a client that leaves in the middle frees its blocks, whatever it had asked for', async () => {
    const before = (await metricsOf(server)).get('octavo:request_success_total{finished_reason="abort"}') ?? 0;
    for (const body of [chat({ max_tokens: 1900, ignore_eos: true }), chat({ max_tokens: 1900, ignore_eos: true, stream: true }),
                        chat({ max_tokens: 1900, ignore_eos: true, n: 4 })]) {
      const wire = new Wire(server).send(ask(body));
      await eventually(async () => (await metricsOf(server)).get('octavo:num_requests_running') >= 1, 'it runs');
      wire.socket.destroy();
      await untilIdle(server);
    }
    assert.equal((await metricsOf(server)).get('octavo:request_success_total{finished_reason="abort"}'), before + 3);
    assert.equal((await metricsOf(server)).get('octavo:kv_cache_usage_perc'), 0);
  });

  test('a browser page of an allowed origin reads a stream, and is told beforehand that it may', async (t) => {
    const own = await serverFor(t, ['--allowed-origins', 'https://chat.example']);
    const origin = { Origin: 'https://chat.example' };
    const asked = await fetch(`${own.url}v1/chat/completions`, { method: 'OPTIONS', headers: { ...origin, 'Access-Control-Request-Headers': 'authorization,x-stainless-os' } });
    assert.equal(asked.status, 204);
    assert.equal(asked.headers.get('access-control-allow-methods'), 'POST, OPTIONS');
    assert.equal(asked.headers.get('access-control-allow-headers'), 'authorization,x-stainless-os');
    for (const body of [chat({ stream: true }), chat(), { bad: 1 }]) {
      const response = await fetch(`${own.url}v1/chat/completions`, { method: 'POST', headers: origin, body: JSON.stringify(body) });
      assert.equal(response.headers.get('access-control-allow-origin'), 'https://chat.example');
      await response.text();
    }
  });
});

test('a stop ends what runs: a stream with an error and its end, a plain answer with 503', async (t) => {
  const server = await serverFor(t, ['--drain-timeout', '1']);
  const long = { max_tokens: 1900, ignore_eos: true };
  const stream = new Wire(server).send(ask(chat({ ...long, n: 8, stream: true })));
  const plain = new Wire(server).send(ask(chat({ ...long, n: 8 })));
  await stream.until(/"content":"/);
  server.process.kill('SIGSTOP'); // So that both still run when the drain's time is up, on any machine.
  const stopped = server.stop();
  await new Promise((done) => setTimeout(done, 1200));
  server.process.kill('SIGCONT');
  await stream.untilClosed();
  await plain.untilClosed();
  await stopped;
  if (!/finish_reason":"length"/.test(stream.text)) assert.match(stream.text, /"code":"server_draining"[^]*\[DONE\]\n\n\r\n0\r\n\r\n$/);
  if (plain.statuses()[0] !== 200) assert.deepEqual(plain.statuses(), [503]);
});
