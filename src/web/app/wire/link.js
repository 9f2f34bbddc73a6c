// The connection to the server: finds out which model it serves, opens the WebSocket, and opens it
// again after a loss, each time a little later.

const kKeyProtocol = 'openai-insecure-api-key.';
// Close codes that are about what was sent (RFC 6455, section 7.4.1): the same again ends the same.
const kRefusals = [1002, 1003, 1007, 1008, 1009];
const kFeeds = ['octavo:blocks', 'octavo:metrics'];

/// Milliseconds before attempt n (0 is the first after a loss): doubling, at most 15 s, a part random.
export function backoff(attempt, random = Math.random()) {
  return Math.min(500 * 2 ** attempt, 15_000) * (0.75 + random / 2);
}

export function isRefusal(code) {
  return kRefusals.includes(code);
}

/// Heard by the page: { onOpen(model), onEvent(event), onFrame(direction, text, isFeed), onClose({ retryMs, code, reason }),
/// onKeyNeeded(wasRefused) }. `code`: of the socket's close frame, or the HTTP status of the model list (0: no answer).
export class Link {
  #heard;
  #socket = null;
  #attempt = 0;
  #timer = null;
  #key = null;

  constructor(heard) {
    this.#heard = heard;
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  async open(key = this.#key) {
    this.#key = key;
    clearTimeout(this.#timer);
    const found = await this.#findModel();
    if (found.status === 401) return this.#heard.onKeyNeeded(Boolean(key));
    if (!found.model) return this.#retry(found.status);
    this.#connect(found.model);
  }

  send(event) {
    this.sendText(JSON.stringify(event));
  }

  sendText(text) {
    this.#heard.onFrame('out', text, false);
    this.#socket.send(text);
  }

  /// Tries at once instead of waiting.
  hurry() {
    if (this.#timer !== null) this.open();
  }

  async #findModel() {
    try {
      const headers = this.#key ? { Authorization: `Bearer ${this.#key}` } : {};
      const reply = await fetch('v1/models', { headers, cache: 'no-store' });
      if (!reply.ok) return { status: reply.status };
      return { status: 200, model: (await reply.json()).data?.[0] };
    } catch {
      return { status: 0 };
    }
  }

  #connect(model) {
    const url = new URL('v1/responses', location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const protocols = this.#key ? ['octavo.v1', kKeyProtocol + this.#key] : ['octavo.v1'];
    let socket;
    try {
      socket = new WebSocket(url, protocols);
    } catch {
      return this.#heard.onKeyNeeded(true); // The key holds characters that a subprotocol cannot.
    }
    this.#socket = socket;
    socket.onopen = () => {
      this.#heard.onFrame('note', 'connected', false);
      this.#heard.onOpen(model);
    };
    socket.onmessage = ({ data }) => {
      const event = JSON.parse(data);
      this.#heard.onFrame('in', data, kFeeds.includes(event.type));
      // A server that takes connections and answers nothing is not asked more and more often.
      if (!event.type.startsWith('octavo:')) this.#attempt = 0;
      this.#heard.onEvent(event);
    };
    socket.onclose = ({ code, reason }) => {
      this.#heard.onFrame('note', `closed with code ${code}${reason ? `: ${reason}` : ''}`, false);
      this.#retry(code, reason);
    };
  }

  #retry(code, reason = '') {
    this.#socket = null;
    const retryMs = backoff(this.#attempt++);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.open();
    }, retryMs);
    this.#heard.onClose({ retryMs, code, reason });
  }
}
