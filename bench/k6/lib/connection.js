// One WebSocket to Octavo: requests go out, events come back to the reply on whose lane they are.
import { WebSocket } from 'k6/websockets';
import { headers, socketUrl } from './config.js';
import * as metrics from './metrics.js';
import { Reply } from './reply.js';

/** Close codes of a server that is full or about to restart. */
const kFullCodes = [1012, 1013];

export class Connection {
  /** @param {{ onGoaway?: (event: any) => void }} [how] */
  constructor({ onGoaway = () => {} } = {}) {
    /** Replies that are under way, by lane, in the order in which they were asked for. @type {Map<string, Reply[]>} */
    this.lanes = new Map();
    this.onGoaway = onGoaway;
    this.isOpen = false;
    this.error = '';
    // k6 takes a list of subprotocols; its types know of none.
    const protocols = /** @type {any} */ (['octavo.v1']);
    this.socket = new WebSocket(socketUrl, protocols, { headers, tags: { name: 'octavo' } });
    /** Whether the connection came about. @type {Promise<boolean>} */
    this.opened = new Promise((resolve) => {
      this.socket.addEventListener('open', () => resolve(this.isOpen = true));
      this.socket.addEventListener('close', () => resolve(false));
    });
    /** The close frame's code, 0 where there was none. @type {Promise<number>} */
    this.closed = new Promise((resolve) => {
      this.socket.addEventListener('close', (event) => resolve(this.#end(/** @type {any} */ (event).code || 0)));
    });
    this.socket.addEventListener('error', (event) => (this.error = /** @type {any} */ (event).error));
    this.socket.addEventListener('message', (event) => this.#hear(/** @type {any} */ (event)));
  }

  /** @param {object} event */
  send(event) {
    this.socket.send(JSON.stringify(event));
  }

  /**
   * Asks for a response; its reply hears everything about it.
   * @param {Record<string, any>} body
   * @param {Reply} [reply]
   */
  create(body, reply = new Reply()) {
    return this.#ask({ type: 'response.create', ...body }, reply);
  }

  /**
   * Goes on with a response whose connection broke.
   * @param {Reply} broken
   * @param {Reply} reply
   */
  resume(broken, reply) {
    return this.#ask({ type: 'octavo:response.resume', response_id: broken.id, starting_after: broken.sequence }, reply);
  }

  /** @param {Reply} reply */
  cancel(reply) {
    this.send({ type: 'response.cancel', response_id: reply.id });
  }

  close() {
    this.socket.close();
  }

  /** How many replies are under way. */
  numOpen() {
    let sum = 0;
    for (const lane of this.lanes.values()) sum += lane.length;
    return sum;
  }

  /**
   * @param {Record<string, any>} event
   * @param {Reply} reply
   */
  #ask(event, reply) {
    const lane = event.stream_id || '';
    this.lanes.set(lane, [...(this.lanes.get(lane) || []), reply]);
    reply.sentAt = Date.now();
    this.send(event);
    return reply;
  }

  /** @param {import('k6/websockets').MessageEvent} message */
  #hear(message) {
    const event = JSON.parse(/** @type {string} */ (message.data));
    if (event.type === 'octavo:goaway') {
      this.onGoaway(event);
      return;
    }
    const lane = this.lanes.get(event.stream_id || '') || [];
    // A lane is answered in order. What is refused has not begun, whatever stands before it.
    const reply = event.type === 'error' ? lane.find((each) => each.sequence < 0) || lane[0] : lane[0];
    if (!reply) {
      if (event.type === 'error') metrics.errors.add(1, { code: event.error.code });
      return;
    }
    reply.accept(event, message.timestamp);
    if (!reply.end) return;
    lane.splice(lane.indexOf(reply), 1);
    if (lane.length && event.type !== 'error') lane[0].sentAt = message.timestamp;
  }

  /** @param {number} code */
  #end(code) {
    const isFull = kFullCodes.includes(code) || /\b(429|503)\b/.test(this.error);
    if (!this.isOpen) {
      if (isFull) metrics.refused.add(1, { code: 'handshake' });
      else metrics.errors.add(1, { code: 'handshake' });
      if (!isFull) metrics.ok.add(false, metrics.sliceNow());
    }
    for (const lane of this.lanes.values()) for (const reply of lane.splice(0)) reply.cut();
    return code;
  }
}

/**
 * A connection for one response. Resolves to the reply when it has ended and the socket is closed, to nothing where no connection came about.
 * @param {Record<string, any>} body
 * @param {Reply} [reply]
 */
export async function respond(body, reply = new Reply()) {
  const connection = new Connection();
  if (!(await connection.opened)) return null;
  connection.create(body, reply);
  await reply.ended;
  connection.close();
  await connection.closed;
  return reply;
}
