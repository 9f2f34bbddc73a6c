// Plain HTTP, the upgrade, and what strangers send to an open port.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { plainClient } from './client.mjs';
import { metricsOf, octavo, parseMetrics, serverFor, suiteScope, untilIdle } from './helpers.mjs';
import { get, raw, upgrade } from './raw.mjs';
import { unseeded } from './server.mjs';

const statusOf = async (opening) => opening.then(async (client) => (await client.close(), 101), (error) => error.status);

describe('plain HTTP', () => {
  let server;
  const suite = suiteScope();
  before(async () => (server = await serverFor(suite)));
  const fetched = async (path, options) => {
    const response = await fetch(server.url + path, options);
    return { response, body: await response.text() };
  };

  test('health and readiness answer 200', async () => {
    for (const path of ['health', 'ready']) {
      const { response, body } = await fetched(path);
      assert.equal(response.status, 200);
      assert.match(JSON.parse(body).status, /^(ok|ready)$/);
    }
  });

  test('/version tells what --version does', async () => {
    const { version, commit } = JSON.parse((await fetched('version')).body);
    assert.equal((await octavo(['--version'])).stdout, `octavo ${version}${commit ? ` (${commit})` : ''}\n`);
  });

  test('the model list and the model agree', async () => {
    const list = JSON.parse((await fetched('v1/models')).body);
    assert.equal(list.object, 'list');
    assert.equal(list.data.length, 1);
    const [model] = list.data;
    assert.equal(model.object, 'model');
    assert.equal(model.owned_by, 'octavo');
    assert.ok(Number.isInteger(model.created) && model.created < 1e11, 'created is in seconds');
    assert.equal(model.max_model_len, 2048);
    assert.ok(existsSync(`${model.root}/tokenizer.json`), 'where its tokenizer is');
    assert.deepEqual(JSON.parse((await fetched(`v1/models/${model.id}`)).body), model);
    const { response, body } = await fetched('v1/models/another');
    assert.equal(response.status, 404);
    assert.equal(JSON.parse(body).error.code, 'model_not_found');
  });

  test('the metrics page parses, and its counters rise by what a response used', async () => {
    const { response } = await fetched('metrics');
    assert.match(response.headers.get('content-type'), /^text\/plain; version=0\.0\.4/);
    const before = await metricsOf(server);
    const client = await plainClient(server);
    const turn = await client.complete({ input: 'What is 7 plus 8?', temperature: 0 });
    await client.close();
    const after = await untilIdle(server);  // The engine's own numbers follow the answer.
    const rise = (name) => after.get(`octavo:${name}`) - (before.get(`octavo:${name}`) ?? 0);
    assert.equal(rise('prompt_tokens_total'), turn.usage.input_tokens);
    assert.equal(rise('generation_tokens_total'), turn.usage.output_tokens);
    assert.equal(rise('request_success_total{finished_reason="stop"}'), 1);
    for (const histogram of ['time_to_first_token', 'e2e_request_latency', 'request_queue_time']) {
      assert.equal(rise(`${histogram}_seconds_count`), 1, histogram);
    }
    assert.equal(rise('inter_token_latency_seconds_count'), turn.usage.output_tokens - 1);
    assert.ok(rise('iteration_total') >= turn.usage.output_tokens);
    assert.ok(rise('iteration_tokens_total_sum') >= turn.usage.input_tokens + turn.usage.output_tokens - 1);
    for (const name of ['num_requests_running', 'num_requests_waiting', 'num_requests_swapped', 'kv_cache_usage_perc']) {
      assert.equal(after.get(`octavo:${name}`), 0, name);
    }
  });

  test('an unknown path is 404, a POST is 405 with Allow', async () => {
    const missing = await fetched('nothing/here');
    assert.equal(missing.response.status, 404);
    assert.equal(JSON.parse(missing.body).error.code, 'not_found');
    const posted = await fetched('v1/models', { method: 'POST', body: '{}' });
    assert.equal(posted.response.status, 405);
    assert.equal(posted.response.headers.get('allow'), 'GET, HEAD, OPTIONS');
  });

  test('/v1/responses without an upgrade is 426, an upgrade elsewhere is 404', async () => {
    const { response } = await fetched('v1/responses');
    assert.equal(response.status, 426);
    const elsewhere = await raw(server, upgrade().replace('/v1/responses', '/v1/other'));
    assert.deepEqual(elsewhere.statuses, [404]);
  });

  test('the page brings a policy that lets no foreign script in', async () => {
    const { response, body } = await fetched('');
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type'), /^text\/html/);
    const policy = response.headers.get('content-security-policy');
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /script-src 'self'(;|$)/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe/);
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    assert.doesNotMatch(body, /<script(?![^>]*\bsrc=)[^>]*>/, 'no inline script, which the policy would forbid');
    const known = await fetch(server.url, { headers: { 'if-none-match': response.headers.get('etag') } });
    assert.equal(known.status, 304);
  });

  test('what nobody can give is refused, and what nobody must heed is not heeded', async () => {
    const expecting = await raw(server, get('/health', 'Expect: 200-ok'));
    assert.deepEqual(expecting.statuses, [417]);
    const ranged = await fetched('health', { headers: { range: 'bytes=0-2' } });
    assert.equal(ranged.response.status, 200);
    assert.equal(ranged.body, '{"status":"ok"}');
    const stale = await fetched('', { headers: { 'if-match': '"another"' } });
    assert.equal(stale.response.status, 412);
  });

  test('a whole address is served, and OPTIONS of the server itself', async () => {
    assert.deepEqual((await raw(server, get(`http://127.0.0.1:${server.port}/health`, 'Connection: close'))).statuses, [200]);
    const { statuses, text } = await raw(server, get('*', 'Connection: close').replace('GET', 'OPTIONS'));
    assert.deepEqual(statuses, [204]);
    assert.match(text, /Allow: GET, HEAD, POST, DELETE, OPTIONS\r\n/);
  });

  test('HEAD has the head of GET and no body', async () => {
    const full = await fetched('health');
    const { text } = await raw(server, get('/health', 'Connection: close').replace('GET', 'HEAD'));
    assert.match(text, new RegExp(`Content-Length: ${full.body.length}\r\n`));
    assert.ok(text.endsWith('\r\n\r\n'));
  });

  test('two requests on one connection get two answers', async () => {
    const { statuses, closed } = await raw(server, get('/health') + get('/ready', 'Connection: close'));
    assert.deepEqual(statuses, [200, 200]);
    assert.ok(closed);
  });

  describe('a request that others might read differently is refused, and the connection closed', () => {
    const smuggled = get('/v1/models');
    const cases = {
      'a chunked body': [411, 411, get('/health', 'Transfer-Encoding: chunked') + '0\r\n\r\n'],
      'Transfer-Encoding gzip before Content-Length': [501, 400, get('/health', 'Transfer-Encoding: gzip', 'Content-Length: 5') + 'hello'],
      'Transfer-Encoding chunked, gzip with Content-Length': [501, 400, get('/health', 'Transfer-Encoding: chunked, gzip', 'Content-Length: 5') + 'hello'],
      'Transfer-Encoding gzip alone': [501, 501, get('/health', 'Transfer-Encoding: gzip')],
      'Transfer-Encoding identity': [501, 501, get('/health', 'Transfer-Encoding: identity')],
      'Transfer-Encoding twice': [501, 400, get('/health', 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked') + '0\r\n\r\n'],
      'Transfer-Encoding and Content-Length': [400, 400, get('/health', 'Content-Length: 5', 'Transfer-Encoding: chunked') + '0\r\n\r\n'],
      'Transfer-Encoding, then Content-Length': [400, 400, get('/health', 'Transfer-Encoding: chunked', 'Content-Length: 5') + '0\r\n\r\n'],
      'HTTP/1.0 with Transfer-Encoding': [400, 400, get('/health', 'Transfer-Encoding: chunked').replace('HTTP/1.1', 'HTTP/1.0') + '0\r\n\r\n'],
      'Content-Length twice': [400, 400, get('/health', 'Content-Length: 0', 'Content-Length: 4') + 'GET '],
      'Content-Length as a list': [400, 400, get('/health', 'Content-Length: 4, 4') + 'GET '],
      'Content-Length with a sign': [400, 400, get('/health', 'Content-Length: +4') + 'GET '],
      'two Hosts': [400, 400, get('/health', 'Host: elsewhere')],
      'no Host': [400, 400, 'GET /health HTTP/1.1\r\n\r\n'],
      'a Trailer': [400, 400, get('/health', 'Trailer: Authorization')],
      'an absolute target of another server': [421, 421, get('http://elsewhere/health')],
      'a space before the colon': [400, 400, get('/health', 'Transfer-Encoding : chunked') + '0\r\n\r\n'],
      'a folded Transfer-Encoding': [411, 411, get('/health', 'Transfer-Encoding:\r\n chunked') + '0\r\n\r\n'],
      'a bare line feed': [400, 400, 'GET /health HTTP/1.1\nHost: localhost\n\n'],
      'no HTTP at all': [400, 400, '\x05\x01\x00\r\n\r\n'],
    };
    for (const [name, [one, other, bytes]] of Object.entries(cases)) {
      test(name, async () => {
        const { statuses, closed } = await raw(server, bytes + smuggled);
        assert.ok(closed, 'the connection is closed');
        assert.equal(statuses.length, 1, `one answer and no more: ${statuses}`);
        assert.ok([one, other].includes(statuses[0]), `status ${statuses[0]}`);
      });
    }
  });

  test('a head of 17 KiB is refused with 431', async () => {
    const { statuses, closed } = await raw(server, get('/health', `X-Long: ${'x'.repeat(17 * 1024)}`));
    assert.deepEqual(statuses, [431]);
    assert.ok(closed);
  });

  test('endless chunk extensions and trailers are cut off', async () => {
    const chunked = get('/health', 'Transfer-Encoding: chunked');
    const extension = await raw(server, `${chunked}1;${'x'.repeat(1 << 20)}\r\na\r\n0\r\n\r\n`);
    assert.ok(extension.closed);
    assert.deepEqual(extension.statuses, [411]);
    const trailers = await raw(server, `${chunked}0\r\n${'X-Trailer: y\r\n'.repeat(1 << 16)}\r\n`);
    assert.ok(trailers.closed);
    assert.deepEqual(trailers.statuses, [411]);
  });

  test('a body over the limit is refused', async () => {
    const { closed, statuses } = await raw(server, get('/health', 'Content-Length: 1000000') + 'x'.repeat(100_000));
    assert.ok(closed);
    assert.deepEqual(statuses, [413]);
  });

  test('a connection that sends half a request is told that it is late and closed, one that sends nothing is closed', async () => {
    const results = await Promise.all(['GET /health HT', '', get('/health', 'Content-Length: 10') + 'half'].map((bytes) => raw(server, bytes, 9000)));
    assert.ok(results.every(({ closed }) => closed));
    assert.deepEqual(results.map(({ statuses }) => statuses), [[408], [], [408]]);
  });

  test('an Origin must be the server itself: else 403 before the upgrade', async () => {
    const host = new URL(server.url).host;
    const open = (origin) => statusOf(plainClient(server, { origin }));
    assert.equal(await open(`http://${host}`), 101);
    assert.equal(await open(undefined), 101);
    for (const origin of ['http://evil.example', `http://${host}.evil.example`, 'null', `http://${host}0`]) {
      assert.equal(await open(origin), 403, origin);
    }
    const twice = await raw(server, upgrade(`Origin: http://localhost`, 'Origin: http://evil.example'));
    assert.deepEqual(twice.statuses, [403]);
  });

  test('an upgrade with bytes behind its head or a body is refused', async () => {
    assert.deepEqual((await raw(server, upgrade() + 'early')).statuses, [400]);
    assert.deepEqual((await raw(server, upgrade('Content-Length: 3') + 'abc')).statuses, [400]);
  });

  const closing = async (spoil) => {
    const client = await plainClient(server);
    spoil(client.socket);
    return client.done;
  };
  test('a binary frame closes with 1003', async () => assert.equal(await closing((s) => s.send(Buffer.from('{}'))), 1003));
  test('bad UTF-8 closes with 1007', async () =>
    assert.equal(await closing((s) => s.send(Buffer.from([0x22, 0xc3, 0x28, 0x22]), { binary: false })), 1007));
  test('a frame over 4 MiB closes with 1009', async () =>
    assert.equal(await closing((s) => s.send('x'.repeat((4 << 20) + 1))), 1009));
  test('fragments that add up to more than 4 MiB close with 1009', async () =>
    assert.equal(await closing((s) => {
      for (let i = 0; i < 5; ++i) s.send('x'.repeat(1 << 20), { fin: i === 4 });
    }), 1009));
  test('an unmasked frame closes with 1002', async () =>
    assert.equal(await closing((s) => s.send('{}', { mask: false })), 1002));
  test('a reserved bit closes with 1002', async () =>
    assert.equal(await closing((s) => s._socket.write(Buffer.from([0xc1, 0x80, 0, 0, 0, 0]))), 1002));
  test('a message in fragments and a ping in between are fine', async () => {
    const client = await plainClient(server);
    const ponged = new Promise((resolve) => client.socket.once('pong', resolve));
    const refused = client.nextError();
    client.socket.send('{"type":', { fin: false });
    client.socket.ping();
    client.socket.send('"nothing"}', { fin: true });
    assert.equal((await refused).error.code, 'unknown_event_type');
    await ponged;
    await client.close();
    assert.equal(client.closeCode, 1000);
  });
});

test('with --api-key nothing but health, readiness and the page is open', async (t) => {
  const key = 'sk-octavo-secret';
  const server = await serverFor(t, ['--api-key', key]);
  const status = async (path, headers = {}) => (await fetch(server.url + path, { headers })).status;
  for (const path of ['health', 'ready', '']) assert.equal(await status(path), 200, path);
  for (const path of ['metrics', 'v1/models', 'v1/responses', 'debug/audit', 'nothing']) {
    assert.equal(await status(path), 401, path);
    assert.equal(await status(path, { authorization: `Bearer ${key}x` }), 401, path);
  }
  assert.equal(await status('v1/models', { authorization: `bearer ${key}` }), 200);
  parseMetrics(await (await fetch(`${server.url}metrics`, { headers: { authorization: `Bearer ${key}` } })).text());

  const smuggled = await raw(server, get('/v1/models', 'Transfer-Encoding: chunked', 'Connection: close') +
                                     `0\r\nAuthorization: Bearer ${key}\r\n\r\n`);
  assert.deepEqual(smuggled.statuses, [411], 'a trailer is no header');

  assert.equal(await statusOf(plainClient(server)), 401);
  assert.equal(await statusOf(plainClient(server, { headers: { authorization: `Bearer ${key}` } })), 101);
  assert.equal(await statusOf(plainClient(server, { protocols: ['octavo.v1', 'openai-insecure-api-key.wrong'] })), 401);
  const browser = await plainClient(server, { protocols: ['octavo.v1', `openai-insecure-api-key.${key}`] });
  assert.equal(browser.socket.protocol, 'octavo.v1');
  assert.equal((await browser.complete({ input: 'x', max_output_tokens: 1 })).error, undefined);
  await browser.close();
});

test('any of several API keys opens, given as flags or with commas in the environment', async (t) => {
  const bearer = (key) => ({ authorization: `Bearer ${key}` });
  const byFlags = await serverFor(t, ['--api-key', 'sk-one', '--api-key', 'sk-two']);
  const byEnvironment = await serverFor(t, [], { OCTAVO_API_KEY: 'sk-one,sk-two' });
  for (const server of [byFlags, byEnvironment]) {
    for (const key of ['sk-one', 'sk-two']) {
      assert.equal((await fetch(`${server.url}v1/models`, { headers: bearer(key) })).status, 200);
      assert.equal(await statusOf(plainClient(server, { headers: bearer(key) })), 101);
    }
    for (const key of ['sk-one,sk-two', 'sk-three', '']) {
      assert.equal((await fetch(`${server.url}v1/models`, { headers: bearer(key) })).status, 401);
      assert.equal(await statusOf(plainClient(server, { headers: bearer(key) })), 401);
    }
  }
});

test('the audit counts every block of both tiers once', async (t) => {
  const server = await serverFor(t, ['--swap-space', '0.01']);
  const audit = async () => (await fetch(`${server.url}debug/audit`)).json();
  const check = ({ is_consistent, fault, device, host }) => {
    assert.equal(is_consistent, true, fault);
    assert.equal(fault, '');
    for (const tier of [device, host]) {
      assert.deepEqual(Object.keys(tier), ['num_blocks', 'num_free', 'num_cached', 'num_owned', 'num_in_transfer']);
      assert.equal(tier.num_free + tier.num_cached + tier.num_owned + tier.num_in_transfer, tier.num_blocks);
    }
  };
  const client = await plainClient(server);
  const turn = client.create({ input: 'Tell me a story.', temperature: 0, ignore_eos: true, max_output_tokens: 1500 });
  await turn.started;
  const during = await audit();
  check(during);
  assert.ok(during.device.num_blocks > 0 && during.device.num_owned > 0);
  client.send({ type: 'response.cancel', response_id: turn.id });
  await turn.finished;
  await untilIdle(server);
  const after = await audit();
  check(after);
  assert.equal(after.device.num_owned, 0);
  const metrics = await metricsOf(server);
  assert.equal(metrics.get('octavo:kv_cache_audit_ok'), 1);
  for (const [state, name] of [['free', 'num_free'], ['cached', 'num_cached'], ['owned', 'num_owned'], ['in_transfer', 'num_in_transfer']]) {
    assert.equal(metrics.get(`octavo:kv_blocks{state="${state}",tier="device"}`), after.device[name], state);
  }
  await client.close();
});

describe('a server on a loopback address', () => {
  let server;
  let host;
  const suite = suiteScope();
  const statusFor = async (path, name, ...headers) =>
    (await raw(server, [`GET ${path} HTTP/1.1`, `Host: ${name}`, ...headers, '', ''].join('\r\n'))).statuses[0];
  const websocket = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];
  before(async () => {
    server = await serverFor(suite, ['--allowed-hosts', 'chat.example,[fe80::1]:8443']);
    host = new URL(server.url).host;
  });

  test('has no other name than its own and those it was given, on any route', async () => {
    const { port } = server;
    for (const path of ['/', '/health', '/ready', '/metrics', '/debug/audit', '/v1/models', '/v1/responses', '/nowhere']) {
      for (const name of [`evil.example:${port}`, `localhost.evil.example:${port}`, `127.0.0.1.evil.example:${port}`, `10.0.0.1:${port}`]) {
        assert.equal(await statusFor(path, name, 'Connection: close'), 421, `${name}${path}`);
      }
      assert.equal(await statusFor(path, `me@127.0.0.1:${port}`, 'Connection: close'), 400);
    }
    for (const name of [host, 'localhost', `LOCALHOST.:${port}`, `octavo.localhost:${port}`, `[::1]:${port}`, 'chat.example', '[fe80::1]:8443']) {
      assert.equal(await statusFor('/v1/models', name, 'Connection: close'), 200, name);
    }
  });

  test('opens no WebSocket for a name or an origin of a stranger', async () => {
    const evil = `evil.example:${server.port}`;
    assert.equal(await statusFor('/v1/responses', evil, `Origin: http://${evil}`, ...websocket), 421);
    assert.equal(await statusFor('/v1/responses', evil, ...websocket), 421);
    assert.equal(await statusFor('/v1/responses', host, `Origin: http://${evil}`, ...websocket), 403);
    assert.equal(await statusFor('/v1/responses', host, 'Origin: null', ...websocket), 403);
    assert.equal(await statusOf(plainClient(server, { origin: `http://${host}` })), 101);
    assert.equal(await statusOf(plainClient(server)), 101);
    assert.equal(await statusOf(plainClient(server, { origin: 'https://chat.example', headers: { host: 'chat.example' } })), 101);
  });

  test('answers no page of another origin', async () => {
    for (const path of ['/v1/models', '/metrics', '/health']) {
      assert.equal(await statusFor(path, host, `Origin: http://evil.example`, 'Connection: close'), 403);
      assert.equal(await statusFor(path, host, `Origin: http://${host}`, 'Connection: close'), 200);
    }
  });
});

test('--allowed-origins lets a foreign page in', async (t) => {
  const server = await serverFor(t, ['--allowed-origins', 'https://chat.example']);
  assert.equal(await statusOf(plainClient(server, { origin: 'https://chat.example' })), 101);
  assert.equal(await statusOf(plainClient(server, { origin: 'https://evil.example' })), 403);
});

test('SIGTERM ends a server with idle connections at once, with 1001 and status 0', async (t) => {
  const server = await serverFor(t);
  const clients = await Promise.all(Array.from({ length: 5 }, () => plainClient(server)));
  const goaways = clients.map((client) => client.next((event) => event.type === 'octavo:goaway'));
  const how = await server.stop();
  assert.deepEqual(how, { code: 0, signal: null });
  for (const client of clients) assert.equal(await client.done, 1001);
  await Promise.all(goaways);
});

test('a response that outlasts the drain is cancelled, and the server still ends with 0', async (t) => {
  const server = await serverFor(t, ['--drain-timeout', '0.3']);
  const client = await plainClient(server);
  const turn = client.create({ input: 'x', ignore_eos: true, temperature: 0, max_output_tokens: 2000 });
  await turn.started;
  const waiting = client.create({ input: 'x', max_output_tokens: 5 }); // On the same lane.
  assert.deepEqual(await server.stop(), { code: 0, signal: null });
  assert.equal(await client.done, 1001);
  assert.match(client.closeReason, /shutting down/);
  await Promise.all([turn.finished, waiting.finished].map((end) => end.catch(() => {})));
  assert.equal(turn.end.type, 'response.failed');
  assert.equal(turn.end.response.error.code, 'server_draining');
  assert.ok(turn.end.response.usage.output_tokens > 0);
  assert.equal(waiting.end.type, 'error');
  assert.equal(waiting.end.error.code, 'server_draining');
});

test('a client that knows the standard alone gets no event outside it', async (t) => {
  const server = await serverFor(t, ['--num-gpu-blocks-override', '40', '--max-model-len', '320', '--drain-timeout', '0.3']);
  const client = await plainClient(server, { protocols: [] });
  assert.equal(client.socket.protocol, '');
  const types = new Set();
  client.socket.on('message', (data) => types.add(JSON.parse(data).type));
  const endless = { input: 'Tell me a story.', temperature: 0, ignore_eos: true, max_output_tokens: 280 };
  const turns = [1, 2, 3, 4, 5, 6].map((i) => client.create({ ...endless, stream_id: `lane-${i}` }));
  for (const turn of turns) await turn.finished;
  assert.ok(turns.some((turn) => turn.response.octavo.preemptions > 0), 'the cache was meant to be too small');
  await server.stop();
  assert.equal(await client.done, 1001);
  assert.deepEqual([...types].filter((type) => !type.startsWith('response.')), []);
});

test('two servers that were just started tell different stories, and the same with one seed', async (t) => {
  const story = async (flags) => {
    const server = await serverFor(t, flags);
    const client = await plainClient(server);
    const { text } = await client.complete({ input: 'Tell me a story.', temperature: 1, max_output_tokens: 60 });
    await client.close();
    await server.stop();
    return text;
  };
  assert.notEqual(await story([unseeded]), await story([unseeded]));
  assert.equal(await story(['--seed', '7']), await story(['--seed', '7']));
});

test('the usage of a response that a stop string ends is the same every time, and so are the metrics', async (t) => {
  const server = await serverFor(t);
  const client = await plainClient(server);
  const body = { input: 'Tell me a story about a fox named Pip.', temperature: 0, stop: 'a', max_output_tokens: 200 };
  const counts = new Set();
  let total = 0;
  for (let i = 0; i < 8; ++i) {
    const turn = await client.complete(body);
    counts.add(turn.usage.output_tokens);
    total += turn.usage.output_tokens;
  }
  assert.equal(counts.size, 1);
  assert.equal((await metricsOf(server)).get('octavo:generation_tokens_total'), total);
  await client.close();
});

test('clients that left are counted as aborted, with the tokens that they were given', async (t) => {
  const server = await serverFor(t);
  const clients = await Promise.all(Array.from({ length: 5 }, () => plainClient(server)));
  const turns = clients.map((client) => client.create({ input: 'x', ignore_eos: true, temperature: 0, max_output_tokens: 1900 }));
  await Promise.all(turns.map((turn) => turn.started));
  for (const client of clients) client.socket.terminate();
  for (const turn of turns) turn.finished.catch(() => {});
  const now = await untilIdle(server);
  assert.equal(now.get('octavo:request_success_total{finished_reason="abort"}'), 5);
  assert.equal(now.get('octavo:request_received_total'), 5);
  assert.equal(now.get('octavo:num_requests_in_flight'), 0);
  assert.ok(now.get('octavo:generation_tokens_total') >= 5);
});

test('a model whose name has a slash is found by its escaped name', async (t) => {
  const server = await serverFor(t, ['--served-model-name', 'acme/demo']);
  assert.equal((await fetch(`${server.url}v1/models/acme%2Fdemo`)).status, 200);
  assert.equal((await (await fetch(`${server.url}v1/models`)).json()).data[0].id, 'acme/demo');
});
