// `k6/http`: requests that the VU awaits. k6's `http.get` and its kin hold their VU up until the answer is there; one thread
// for all VUs cannot, so scripts use `http.asyncRequest`, which k6 has, too.
import http from 'node:http';
import https from 'node:https';
import { wallNow } from './clock.mjs';
import { parseDuration } from './duration.mjs';

const kBlocking = ['get', 'head', 'post', 'put', 'patch', 'del', 'options', 'request', 'batch'];
const kCanonical = (name) => name.replace(/(^|-)([a-z])/g, (_, dash, letter) => dash + letter.toUpperCase());

export function httpOf(vu) {
  const agents = {
    http: new http.Agent({ keepAlive: true }),
    https: new https.Agent({ keepAlive: true, rejectUnauthorized: !vu.run.options?.insecureSkipTLSVerify }),
  };
  let expected = expectedStatuses({ min: 200, max: 399 });
  const refuse = (name) => () => {
    throw new Error(`http.${name} blocks its VU, which this runner cannot do: await http.asyncRequest(...) means the same to both`);
  };
  return {
    ...Object.fromEntries(kBlocking.map((name) => [name, refuse(name)])),
    expectedStatuses,
    setResponseCallback: (callback) => (expected = callback),
    asyncRequest(method, url, body, params) {
      if (vu.isInit) throw new Error('requests cannot be sent in the init context');
      return new Exchange(vu, agents, method.toUpperCase(), String(url), body, params ?? {}, expected).answer;
    },
  };
}

/// A callback that says whether a status is one of these: numbers, or {min, max}.
function expectedStatuses(...wanted) {
  return (status) => wanted.some((each) => (typeof each === 'number' ? each === status : each.min <= status && status <= each.max));
}

/// One request: it is sent when it is made, and `answer` resolves to k6's response.
class Exchange {
  #at = { start: performance.now() };
  #handle = { close: () => this.request.destroy() };

  constructor(vu, agents, method, url, body, params, expected) {
    Object.assign(this, { vu, params, expected: params.responseCallback === undefined ? expected : params.responseCallback });
    this.sent = { method, url, headers: { 'user-agent': vu.run.userAgent, ...params.headers } };
    const text = bodyOf(body, this.sent.headers);
    const secure = url.startsWith('https:');
    this.request = (secure ? https : http).request(url, {
      method, headers: this.sent.headers, agent: secure ? agents.https : agents.http, localAddress: vu.run.localAddress(vu.id),
    });
    vu.loop.add(this.#handle);
    this.answer = this.#exchange(text);
  }

  async #exchange(text) {
    const limit = parseDuration(this.params.timeout ?? 60_000, 'timeout');
    const timer = setTimeout(() => this.request.destroy(new Error('request timeout')), limit);
    let response;
    try {
      response = await this.#response(text);
    } catch (error) {
      response = this.#failed(error);
    }
    clearTimeout(timer);
    this.#count(response);
    // The script goes on first, and may begin something else: only then is this request no longer what keeps it going.
    setImmediate(() => this.vu.loop.remove(this.#handle));
    return response;
  }

  #response(text) {
    const { request } = this;
    const at = this.#at;
    return new Promise((resolve, reject) => {
      request.on('error', reject);
      request.on('socket', (socket) => {
        this.socket = socket;
        this.before = [socket.bytesWritten, socket.bytesRead];
        at.socket = performance.now();
        if (!socket.connecting) return;
        socket.once('connect', () => (at.connect = performance.now()));
        socket.once('secureConnect', () => (at.secure = performance.now()));
      });
      request.on('finish', () => (at.written = performance.now()));
      request.on('response', (answer) => {
        at.head = performance.now();
        const pieces = [];
        answer.on('data', (piece) => pieces.push(piece));
        answer.on('error', reject);
        answer.on('end', () => resolve(this.#whole(answer, Buffer.concat(pieces))));
      });
      request.end(text);
    });
  }

  #timings() {
    const { start, socket = start, connect = socket, secure = connect, written = secure, head = written, end } = { ...this.#at, end: performance.now() };
    const ready = Math.max(secure, connect);
    const timings = {
      blocked: socket - start, connecting: connect - socket, tls_handshaking: secure - connect, looking_up: 0,
      sending: Math.max(0, written - ready), waiting: Math.max(0, head - Math.max(written, ready)), receiving: Math.max(0, end - head),
    };
    return { ...timings, duration: timings.sending + timings.waiting + timings.receiving };
  }

  #whole(answer, bytes) {
    const headers = Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [kCanonical(name), [value].flat().join(', ')]));
    const { responseType = 'text' } = this.params;
    const bodies = { text: () => bytes.toString(), binary: () => Uint8Array.from(bytes).buffer, none: () => null };
    return this.#made({ status: answer.statusCode, status_text: `${answer.statusCode} ${answer.statusMessage}`, headers, body: bodies[responseType](), error: '', error_code: answer.statusCode >= 400 ? 1000 + answer.statusCode : 0 });
  }

  #failed(error) {
    return this.#made({ status: 0, status_text: '', headers: {}, body: null, error: error.message || error.code, error_code: error.message === 'request timeout' ? 1050 : 1000 });
  }

  #made(response) {
    const { url } = this.sent;
    return { url, request: this.sent, proto: 'HTTP/1.1', cookies: {}, ...response, timings: this.#timings(),
             json: (selector) => select(JSON.parse(response.body), selector) };
  }

  #count(response) {
    const { vu, sent, params, expected } = this;
    const ok = expected ? expected(response.status) : undefined;
    const tags = { method: sent.method, name: sent.url, url: params.tags?.name ?? sent.url, status: String(response.status), proto: response.proto,
                   ...(ok === undefined ? {} : { expected_response: String(ok) }), ...(response.error ? { error: response.error, error_code: String(response.error_code) } : {}), ...params.tags };
    const now = wallNow();
    vu.sample('http_reqs', 1, tags, now);
    for (const name of ['duration', 'blocked', 'connecting', 'tls_handshaking', 'sending', 'waiting', 'receiving']) vu.sample(`http_req_${name}`, response.timings[name], tags, now);
    if (ok !== undefined) vu.sample('http_req_failed', ok ? 0 : 1, tags, now);
    if (!this.socket) return;
    vu.sample('data_sent', this.socket.bytesWritten - this.before[0], tags, now);
    vu.sample('data_received', this.socket.bytesRead - this.before[1], tags, now);
  }
}

function bodyOf(body, headers) {
  if (body === null || body === undefined || typeof body === 'string') return body ?? undefined;
  if (Object.prototype.toString.call(body) === '[object ArrayBuffer]') return Buffer.from(body);
  // An object is a form, as in k6.
  headers['content-type'] ??= 'application/x-www-form-urlencoded';
  return String(new URLSearchParams(body));
}

/// The part of a value that `choices.0.text` names.
function select(value, selector) {
  if (selector === undefined) return value;
  return selector.split('.').reduce((part, name) => part?.[name], value);
}
