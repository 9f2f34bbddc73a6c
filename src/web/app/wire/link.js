// The connection to the server: finds out which model it serves, opens the WebSocket, and opens it
// again after a loss, each time a little later.

const kKeyProtocol = 'openai-insecure-api-key.';

/// Milliseconds before attempt n (0 is the first after a loss): doubling, at most 15 s, a part random.
export function backoff(attempt, random = Math.random()) {
  return Math.min(500 * 2 ** attempt, 15_000) * (0.75 + random / 2);
}

/// Heard by the page: { onOpen(model), onEvent(event), onClose({ retryMs, code }), onKeyNeeded(wasRefused) }.
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
    this.#socket.send(JSON.stringify(event));
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
      this.#attempt = 0;
      this.#heard.onOpen(model);
    };
    socket.onmessage = ({ data }) => this.#heard.onEvent(JSON.parse(data));
    socket.onclose = ({ code }) => this.#retry(code);
  }

  #retry(code) {
    this.#socket = null;
    const retryMs = backoff(this.#attempt++);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.open();
    }, retryMs);
    this.#heard.onClose({ retryMs, code });
  }
}
