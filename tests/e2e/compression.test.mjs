// WebSockets whose messages are compressed: what is agreed upon, what comes, and what a bomb costs.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import { before, describe, test } from 'node:test';
import { WebSocket } from 'ws';
import { isTerminal } from './contract.mjs';
import { eventually, patience, serverFor, suiteScope, untilIdle } from './helpers.mjs';
import { frame, raw, rawSocket, upgrade } from './raw.mjs';

const compressed = 0xc1; // The first byte of a compressed text.
const pack = (text) => deflateRawSync(text, { windowBits: 10, finishFlush: 2 }).subarray(0, -4);
const offer = 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits';

async function open(server, perMessageDeflate) {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/v1/responses`, { perMessageDeflate });
  await once(socket, 'open');
  const events = [];
  socket.on('message', (data) => events.push(JSON.parse(data)));
  return { socket, events };
}

/// The text of a response over this socket, and the bytes that it took.
async function tell({ socket, events }, input) {
  const before = socket._socket.bytesRead;
  const from = events.length;
  socket.send(JSON.stringify({ type: 'response.create', input, temperature: 0, max_output_tokens: 200, ignore_eos: true, store: false }));
  await eventually(() => events.slice(from).some(isTerminal), 'the end', 20_000 * patience);
  const told = events.slice(from);
  return { text: told.find((event) => event.type === 'response.output_text.done').text, bytes: socket._socket.bytesRead - before };
}

const residentMiB = (server) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.process.pid}/status`, 'utf8'))[1]) / 1024;

describe('compression', () => {
  let server;
  const suite = suiteScope();
  before(async () => { server = await serverFor(suite, ['--websocket-compression']); });

  test('a stream is the same as without, in a third of the bytes at most', async () => {
    const [small, plain] = [await open(server, true), await open(server, false)];
    assert.match(small.socket.extensions, /permessage-deflate/);
    assert.equal(plain.socket.extensions, '');
    const long = 'Tell me of a fox. '.repeat(60); // More than `ws` sends uncompressed.
    for (const input of ['A story.', long, 'Another.']) {
      const [one, other] = [await tell(small, input), await tell(plain, input)];
      assert.equal(one.text, other.text);
      assert.ok(3 * one.bytes < other.bytes, `${one.bytes} of ${other.bytes} bytes`);
    }
    for (const { socket } of [small, plain]) socket.close();
  });

  test('case 27: a bomb ends its connection with 1009, and is not blown up', async () => {
    const bomb = pack('x'.repeat(200 << 20)); // 1000:1
    const before = residentMiB(server);
    const socket = await rawSocket(server, { headers: [offer] });
    socket.send(frame(compressed, bomb));
    assert.equal((await socket.closed).code, 1009);
    assert.ok(residentMiB(server) - before < 32, `${residentMiB(server) - before} MiB`);
  });

  test('case 27: what cannot be inflated ends its connection with 1007', async () => {
    const socket = await rawSocket(server, { headers: [offer] });
    socket.send(frame(compressed, Buffer.alloc(64, 0xff)));
    assert.equal((await socket.closed).code, 1007);
  });

  test('case 22: offers that must be declined are, and the connection is opened without', async () => {
    for (const [extensions, isTaken] of [
      ['permessage-deflate', false], // It must bear any window of its client's then.
      ['permessage-deflate; client_max_window_bits; server_max_window_bits=8', true],
      ['permessage-deflate; client_max_window_bits=8', true],
      ['permessage-deflate; client_max_window_bits=7', false],
      ['permessage-deflate; client_max_window_bits; client_max_window_bits', false],
      ['permessage-deflate; client_max_window_bits; unheard_of=1', false],
      ['unheard-of; x="y, z", permessage-deflate; client_max_window_bits', true],
      ['x-webkit-deflate-frame', false],
      [';', false],
    ]) {
      const { statuses, text } = await raw(server, upgrade(`Sec-WebSocket-Extensions: ${extensions}`), 300);
      assert.ok(statuses[0] === 101 || (extensions === ';' && statuses[0] === 400), `${extensions}: ${statuses}`);
      assert.equal(/Sec-WebSocket-Extensions: permessage-deflate/.test(text), isTaken, extensions);
    }
  });

  test('nothing of all that is left behind', () => untilIdle(server));

  test('without the flag nothing is compressed', async (t) => {
    const plain = await serverFor(t);
    const { text } = await raw(plain, upgrade(offer), 300);
    assert.match(text, /^HTTP\/1\.1 101 /);
    assert.doesNotMatch(text, /Sec-WebSocket-Extensions/);
  });
});
