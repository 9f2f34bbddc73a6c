// Bytes on a socket as no library would send them, for the tests of what strangers do to an open port.
import { connect } from 'node:net';
import { randomBytes } from 'node:crypto';
import { patience } from './helpers.mjs';

/// Sends bytes on a fresh connection; resolves with all that came back once the server has closed it, or after
/// `quietMs` without more (closed: false).
export function raw(server, bytes, quietMs = 8000) {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write(bytes));
    let text = '';
    const started = Date.now();
    const done = (closed) => {
      socket.destroy();
      resolve({ text, closed, ms: Date.now() - started, statuses: [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((m) => Number(m[1])) });
    };
    socket.setTimeout(quietMs * patience, () => done(false));
    socket.on('data', (data) => (text += data.toString('latin1')));
    socket.on('end', () => done(true));
    socket.on('error', (error) => (['ECONNRESET', 'EPIPE'].includes(error.code) ? done(true) : reject(error)));
  });
}

const request = (method, path, headers) => [`${method} ${path} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n');
export const get = (path, ...headers) => request('GET', path, headers);
export const post = (path, ...headers) => request('POST', path, headers);
export const upgrade = (...headers) =>
  get('/v1/responses', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`, ...headers);

/// A frame of a WebSocket, masked with zeros unless it is told otherwise. head: its first byte; size: a length to
/// claim, as bytes.
export function frame(head, payload = '', { mask = true, size } = {}) {
  const body = Buffer.from(payload);
  const length = size ?? (body.length < 126 ? [body.length]
    : body.length < 65536 ? [126, body.length >> 8, body.length & 255]
    : [127, 0, 0, 0, 0, ...[24, 16, 8, 0].map((shift) => (body.length >>> shift) & 255)]);
  const masked = mask ? [length[0] | 0x80, ...length.slice(1), 0, 0, 0, 0] : length;
  return Buffer.concat([Buffer.from([head, ...masked]), body]);
}
export const text = (payload) => frame(0x81, payload);

/// A WebSocket without a library: {socket, send(bytes), closed}. `closed` resolves to {code, reason, frames} once the
/// server has ended the connection; code is undefined where it sent no close frame.
export async function rawSocket(server, { answersClose = true, from, headers = [] } = {}) {
  const socket = connect({ port: server.port, host: '127.0.0.1', localAddress: from });
  socket.on('error', () => {});
  let bytes = Buffer.alloc(0);
  const frames = [];
  let close;
  let opened;
  const isOpen = new Promise((resolve, reject) => {
    opened = resolve;
    socket.once('close', () => reject(new Error('no upgrade')));
  });
  const closed = new Promise((resolve) =>
    socket.once('close', () => resolve({ code: close?.code, reason: close?.reason, frames })));
  const takeFrame = () => {
    if (bytes.length < 2) return false;
    const short = bytes[1] & 127;
    const header = short === 127 ? 10 : short === 126 ? 4 : 2;
    if (bytes.length < header) return false;
    const size = short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short;
    if (bytes.length < header + size) return false;
    const payload = bytes.subarray(header, header + size);
    const opcode = bytes[0] & 15;
    if (opcode === 8 && !close) {
      close = { code: size >= 2 ? payload.readUInt16BE(0) : undefined, reason: payload.subarray(2).toString() };
      if (answersClose) socket.write(frame(0x88, payload));
    }
    if (!close || opcode === 8) frames.push({ opcode, payload: payload.toString() }); // Nobody reads on after a close.
    bytes = bytes.subarray(header + size);
    return true;
  };
  let isUpgraded = false;
  socket.on('data', (data) => {
    bytes = Buffer.concat([bytes, data]);
    const end = bytes.indexOf('\r\n\r\n');
    if (!isUpgraded && end >= 0) {
      isUpgraded = true;
      bytes = bytes.subarray(end + 4);
      opened();
    }
    while (isUpgraded && takeFrame());
  });
  socket.write(upgrade(...headers));
  await isOpen;
  return { socket, frames, closed, send: (data) => socket.write(data) };
}
