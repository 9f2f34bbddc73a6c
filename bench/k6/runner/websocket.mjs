// `k6/websockets`: the web's WebSocket with k6's parameters, events and metrics, over the `ws` package.
import { createRequire } from 'node:module';
import { wallNow } from './clock.mjs';

const Socket = createRequire(import.meta.url)('ws');
const kStates = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };
const kEvents = ['open', 'message', 'close', 'error', 'ping', 'pong'];

/// One socket of a VU.
class ScriptSocket {
  readyState = kStates.CONNECTING;
  binaryType = 'blob';
  protocol = '';
  extensions = '';
  #listeners = Object.fromEntries(kEvents.map((name) => [name, []]));
  #socket;
  #tags;
  #handle;
  #readAt = 0;
  #pings = new Map();
  #started = performance.now();
  #end = {};
  #wasOpen = false;
  #vu;

  constructor(vu, url, protocols, params) {
    if (vu.isInit) throw new Error('sockets cannot be opened in the init context');
    if (!/^wss?:\/\//.test(url)) throw new Error(`WebSocket requires url with scheme ws or wss, but got ${JSON.stringify(url)}`);
    this.#vu = vu;
    this.url = String(url);
    const { headers = {}, tags = {}, compression } = params ?? {};
    this.#tags = { url: tags.name ?? this.url, name: this.url, subproto: '', ...tags };
    this.#socket = new Socket(this.url, [protocols ?? []].flat(), {
      headers: { 'user-agent': vu.run.userAgent, ...headers }, perMessageDeflate: compression === 'deflate',
      handshakeTimeout: 60_000, localAddress: vu.run.localAddress(vu.id), rejectUnauthorized: !vu.run.options.insecureSkipTLSVerify,
    });
    this.#handle = { close: () => this.#drop(), pause: () => this.#socket.pause(), resume: () => this.#socket.resume() };
    vu.loop.add(this.#handle);
    this.#listen();
  }

  get bufferedAmount() { return this.#socket.bufferedAmount; }

  addEventListener(name, listener) {
    if (typeof listener !== 'function') throw new TypeError(`a listener for ${name} must be a function`);
    this.#listeners[name]?.push(listener);
  }

  send(data) {
    if (this.readyState !== kStates.OPEN) throw new Error('InvalidStateError');
    const bytes = ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : data;
    this.#socket.send(typeof data === 'string' ? data : Buffer.from(bytes), () => {});
    this.#vu.sample('ws_msgs_sent', 1, this.#tags);
  }

  ping() {
    if (this.readyState !== kStates.OPEN) throw new Error('InvalidStateError');
    const id = String(this.#pings.size);
    this.#pings.set(id, performance.now());
    this.#socket.ping(id);
  }

  close(code = 1000, reason = '') {
    if (this.readyState >= kStates.CLOSING) return;
    if (code !== 1000 && !(code >= 3000 && code <= 4999)) throw new Error(`InvalidAccessError: a client closes with 1000 or 3000 to 4999, not with ${code}`);
    this.readyState = kStates.CLOSING;
    this.#end = { code };
    this.#socket.close(code, reason);
  }

  #tell(name, more = {}, timestamp = wallNow()) {
    const event = { type: name, target: this, timestamp, ...more };
    this.#vu.loop.call(() => {
      if (name === 'message' && this.readyState !== kStates.OPEN) return;
      this[`on${name}`]?.(event);
      for (const listener of this.#listeners[name]) listener(event);
    });
  }

  #listen() {
    const socket = this.#socket;
    socket.on('upgrade', (response) => {
      // A chunk may hold many frames: all were read when it came, however long the script takes for each.
      response.socket.prependListener('data', () => (this.#readAt = wallNow()));
      this.#readAt = wallNow();
      this.#tags.status = String(response.statusCode);
    });
    socket.on('open', () => {
      this.readyState = kStates.OPEN;
      this.#wasOpen = true;
      this.protocol = this.#tags.subproto = socket.protocol;
      this.extensions = socket.extensions;
      this.#connected();
      this.#tell('open');
    });
    socket.on('message', (data, isBinary) => {
      this.#vu.sample('ws_msgs_received', 1, this.#tags);
      this.#tell('message', { data: isBinary ? this.#binary(data) : data.toString(), origin: this.url }, this.#readAt);
    });
    socket.on('ping', () => this.#tell('ping'));
    socket.on('pong', (data) => {
      const sent = this.#pings.get(String(data));
      if (sent !== undefined) this.#vu.sample('ws_ping', performance.now() - sent, this.#tags);
      this.#tell('pong');
    });
    socket.on('error', (error) => this.#failed(error));
    socket.on('close', (code, reason) => this.#closed(code, String(reason)));
  }

  #binary(data) {
    const bytes = Uint8Array.from(data).buffer;
    return this.binaryType === 'arraybuffer' ? bytes : new Blob([bytes]);
  }

  #connected() {
    this.#vu.sample('ws_sessions', 1, this.#tags);
    this.#vu.sample('ws_connecting', performance.now() - this.#started, this.#tags);
  }

  #failed(error) {
    const status = /Unexpected server response: (\d+)/.exec(error.message)?.[1];
    if (status) this.#tags.status = status;
    if (this.readyState === kStates.CONNECTING) this.#connected();
    this.#tell('error', { error: error.message });
  }

  #closed(code, reason) {
    this.readyState = kStates.CLOSED;
    if (this.#wasOpen) this.#vu.sample('ws_session_duration', performance.now() - this.#started, this.#tags);
    this.#countBytes();
    // 1005 and 1006 stand for a close frame without a code and for none at all, of which k6 tells no code either.
    const said = code === 1005 || code === 1006 ? this.#end.code : code;
    this.#tell('close', { code: said, reason });
    // What the script awaited may go on first and open the next socket.
    this.#vu.loop.call(() => setImmediate(() => this.#vu.loop.remove(this.#handle)));
  }

  #countBytes() {
    const raw = this.#socket._socket;
    if (!raw) return;
    this.#vu.sample('data_sent', raw.bytesWritten, this.#tags);
    this.#vu.sample('data_received', raw.bytesRead, this.#tags);
  }

  #drop() {
    this.#socket.removeAllListeners();
    this.#socket.on('error', () => {});
    this.#countBytes();
    this.#socket.terminate();
    this.readyState = kStates.CLOSED;
  }
}

for (const [name, value] of Object.entries(kStates)) {
  ScriptSocket[name] = value;
  ScriptSocket.prototype[name] = value;
}

export function webSocketOf(vu) {
  class WebSocket extends ScriptSocket {
    constructor(...given) {
      super(vu, ...given);
    }
  }
  return { WebSocket, Blob };
}
