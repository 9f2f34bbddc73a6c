// A client of /v1/responses whose every event is held against the contract, over the official SDK's socket or a plain one.
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { ResponsesWS } from 'openai/resources/responses/ws';
import { WebSocket } from 'ws';
import { checkEvent, isSteering, isTerminal, ResponseOrder } from './contract.mjs';

/** One response as its client saw it. */
class Turn {
  events = [];
  order = new ResponseOrder();
  texts = [];
  arrivals = [];  // Of the deltas, counted over the whole connection.
  steers = [];    // The events that answered a steer of it.

  constructor(lane) {
    this.lane = lane;
    this.finished = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
    this.started = new Promise((resolve) => { this.start = resolve; });
    this.finished.catch(() => {});
  }

  get id() { return this.events[0]?.response?.id; }
  get text() { return this.texts[0] ?? ''; }
  get end() { return this.events.at(-1); }
  get response() { return this.end.response; }
  get usage() { return this.response.usage; }
  get error() { return this.end.type === 'error' ? this.end.error : undefined; }
}

export class Client {
  #lanes = new Map();  // stream_id -> turns that are awaited, in order
  #waiting = [];
  #numEvents = 0;
  #begun = new Map();  // response id -> Turn
  events = [];

  /** transport: {send(text), close()}; feed receive() and closed(). */
  constructor(transport) {
    this.transport = transport;
    this.done = new Promise((resolve) => { this.closed = (code) => { this.closeCode = code; this.#failAll(code); resolve(code); }; });
  }

  /** Sends response.create; resolves with the Turn at its end, an error included. */
  create(body) {
    const turn = new Turn(body.stream_id ?? '');
    if (!this.#lanes.has(turn.lane)) this.#lanes.set(turn.lane, []);
    this.#lanes.get(turn.lane).push(turn);
    this.send({ type: 'response.create', ...body });
    return turn;
  }

  /** Sends response.steer for a turn that has started; answers the successor's Turn, which goes before what waits. */
  steer(turn, input) {
    const successor = new Turn(turn.lane);
    const turns = this.#lanes.get(turn.lane);
    turns.splice(turns.indexOf(turn) + 1 || turns.length, 0, successor);
    this.steerAgain(turn, input);
    return successor;
  }
  /** More input for a successor that is awaited already. */
  steerAgain(turn, input) { this.send({ type: 'response.steer', previous_response_id: turn.id, input }); }

  async turn(body) { return this.create(body).finished; }
  /** As turn(), but an error event is a failure of the test. */
  async complete(body) {
    const turn = await this.turn(body);
    if (turn.error) throw new Error(`${turn.error.code}: ${turn.error.message}`);
    return turn;
  }

  send(event) { this.transport.send(JSON.stringify(event)); }
  sendRaw(text) { this.transport.send(text); }

  /** The next event for which `matches` holds, from now on. */
  next(matches) { return new Promise((resolve, reject) => this.#waiting.push({ matches, resolve, reject })); }
  nextError() { return this.next((event) => event.type === 'error'); }

  async close() {
    this.transport.close();
    await this.done;
    if (this.fault) throw this.fault;
  }

  receive(event) {
    try {
      checkEvent(event);
      this.events.push(event);
      this.#handToTurn(event);
    } catch (fault) {
      this.fault ??= fault;
      this.#failAll(fault);
    }
    this.#waiting = this.#waiting.filter((wait) => !(wait.matches(event) && (wait.resolve(event), true)));
  }

  #handToTurn(event) {
    const turns = this.#lanes.get(event.stream_id ?? '');
    const turn = turns?.[0];
    if (event.type === 'error') {
      // A create that is refused on arrival is the newest; one that fails when its time comes has not begun.
      const isNewest = turn?.events.length > 0 || event.error.code === 'queue_full';
      const refused = isNewest ? turns.pop() : turns?.shift();
      refused?.events.push(event);
      refused?.resolve(refused);
      return;
    }
    if (['octavo:goaway', 'octavo:blocks', 'octavo:metrics'].includes(event.type)) return;
    if (isSteering(event)) {
      const named = this.#begun.get(event.steer.previous_response_id);
      if (!named) return assert.equal(event.sequence_number, 0);
      named.order.acceptNumber(event);
      assert.equal(event.stream_id ?? '', named.lane);
      return void named.steers.push(event);
    }
    if (!turn) throw new Error(`${event.type} for a lane that asked for nothing`);
    turn.order.accept(event);
    turn.events.push(event);
    if (event.type === 'response.created') this.#begun.set(event.response.id, turn);
    if (event.type === 'response.output_text.delta') {
      turn.texts[event.output_index] = (turn.texts[event.output_index] ?? '') + event.delta;
      turn.arrivals.push(this.#numEvents);
      turn.start(turn);
    }
    ++this.#numEvents;
    if (!isTerminal(event)) return;
    turns.shift();
    turn.start(turn);
    turn.resolve(turn);
  }

  #failAll(why) {
    const fault = why instanceof Error ? why : new Error(`the connection closed with ${why}`);
    for (const turns of this.#lanes.values()) for (const turn of turns.splice(0)) turn.reject(fault);
    for (const wait of this.#waiting.splice(0)) wait.reject(fault);
  }
}

/** Through the official SDK. */
export async function sdkClient(server, options = {}) {
  const openai = new OpenAI({ baseURL: `${server.url}v1`, apiKey: options.apiKey ?? 'none' });
  const socket = new ResponsesWS(openai, { reconnect: null });
  const client = new Client({ send: (text) => socket.sendRaw(text), close: () => socket.close() });
  client.socket = socket;
  socket.on('error', (error) => { client.socketError = error; });
  socket.on('event', (event) => client.receive(event));
  socket.on('close', (code) => client.closed(code));
  return client;
}

/** Through a bare WebSocket. options: those of `ws`, and `protocols`; [] is a client that knows the standard alone. */
export function plainClient(server, options = {}) {
  const { protocols = ['octavo.v1'], ...rest } = options;
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}v1/responses`, protocols, rest);
  const client = new Client({ send: (text) => socket.send(text), close: () => socket.close() });
  client.socket = socket;
  socket.on('message', (data, isBinary) => { if (!isBinary) client.receive(JSON.parse(data)); });
  socket.on('close', (code, reason) => { client.closeReason = reason.toString(); client.closed(code); });
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(client));
    socket.once('unexpected-response', (request, response) => { request.destroy(); reject(Object.assign(new Error('refused'), { status: response.statusCode })); });
    socket.on('error', reject);
  });
}
