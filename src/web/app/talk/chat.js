// What is said to the server and what it answers: the turns of all conversations, over one connection. With Conversations
// and Memory the only writer of the page's state.
import { afterEvent, isOver, newAnswer } from '../wire/answer.js';
import { Lanes } from '../wire/lanes.js';
import { Link } from '../wire/link.js';
import { createEvent } from '../wire/request.js';
import { newConversation, newId, pathTo } from './conversation.js';
import { Conversations } from './conversations.js';
import { Memory } from './memory.js';

const kKey = 'octavo-api-key';
const kKeepMs = 1000;

export class Chat {
  #state;
  #tabs;
  #link;
  #lanes = new Lanes();
  #known = new Map(); // Answer id -> response id; only as long as the connection.
  #unsent = []; // Ids of answers that wait for a lane or a connection.
  #isDraining = false;
  #keeper; // Keeps unfinished answers now and then, while there are any.

  constructor(state, shelf, tabs) {
    this.memory = new Memory(state, (event) => this.#link.isOpen && this.#link.send(event));
    this.conversations = new Conversations(state, shelf, tabs, (id) => this.#stopAllOf(id));
    this.#state = state;
    this.#tabs = tabs;
    this.#link = new Link({
      onOpen: (model) => this.#opened(model),
      onEvent: (event) => this.#receive(event),
      onClose: (loss) => this.#lost(loss),
      onKeyNeeded: (wasRefused) => this.#set({ link: 'locked', wasRefused }),
    });
  }

  async start() {
    this.#tabs.listen((message, from) => this.#hear(message, from));
    this.#tabs.tell({ hello: true });
    await this.conversations.start();
    await this.#link.open(sessionStorage.getItem(kKey));
  }

  useKey(key) {
    sessionStorage.setItem(kKey, key);
    this.#set({ link: 'opening', wasRefused: false });
    this.#link.open(key);
  }

  reconnect() {
    this.#link.hurry();
  }

  // Turns.

  /// Says something at the end of what is shown; in a new conversation if none is open.
  say(text, parent) {
    let conversation = this.#conversation(this.#value.current);
    if (!conversation) {
      conversation = newConversation(this.#value.draftSettings);
      this.#set({ current: conversation.id, draftSettings: {} });
    }
    this.#ask(conversation, parent, text);
  }

  /// The same question with other words: a fork of the conversation above it.
  edit(conversationId, nodeId, text) {
    const conversation = this.#conversation(conversationId);
    this.#ask(conversation, conversation.nodes[nodeId].parent, text);
  }

  /// Another answer to the same question.
  askAgain(conversationId, answerId) {
    const conversation = this.#conversation(conversationId);
    this.#ask(conversation, conversation.nodes[answerId].parent);
  }

  /// Stops an answer, in whatever tab it is received.
  stop(answerId) {
    const live = this.#value.live.get(answerId);
    if (!live) return this.#value.elsewhere.has(answerId) && this.#tabs.tell({ stop: answerId });
    const lane = this.#lanes.of(answerId);
    if (lane === undefined || !this.#link.isOpen) return this.#finish(answerId, { ...live.answer, phase: 'stopped' });
    const id = live.answer.responseId;
    this.#link.send({ type: 'response.cancel', ...(id ? { response_id: id } : { stream_id: lane }) });
  }

  #stopAllOf(conversationId) {
    for (const [answerId, live] of this.#value.live) {
      if (live.conversationId === conversationId) this.stop(answerId);
    }
  }

  /// Asks for an answer below `parent`, or below a new question there.
  #ask(conversation, parent, question) {
    // What the next page finds if this one is gone before the answer has ended.
    const error = 'the page was closed before the answer ended';
    const answer = { id: newId(), role: 'assistant', text: '', status: 'failed', error };
    const asked = question === undefined ? [] : [{ id: newId(), role: 'user', text: question }];
    this.#setLive(answer.id, { conversationId: conversation.id, answer: newAnswer(performance.now()) });
    this.#tellWriting();
    this.conversations.add(conversation, parent, [...asked, answer]);
    this.#set({ numAsked: this.#value.numAsked + 1 });
    this.#keeper ??= setInterval(() => this.#keepUnfinished(), kKeepMs);
    this.#unsent.push(answer.id);
    this.#sendNext();
  }

  #keepUnfinished() {
    for (const [answerId, { conversationId, answer }] of this.#value.live) {
      if (answer.text) this.conversations.changeMessage(conversationId, answerId, { text: answer.text });
    }
  }

  #sendNext() {
    while (this.#unsent.length > 0 && this.#link.isOpen && !this.#isDraining) {
      const answerId = this.#unsent[0];
      const live = this.#value.live.get(answerId);
      const conversation = live && this.#conversation(live.conversationId);
      if (conversation) {
        const path = pathTo(conversation, answerId);
        const lane = this.#lanes.take(answerId, path.at(-3)?.id);
        if (lane === null) return;
        this.#link.send(createEvent(conversation, path.at(-2).id, lane, this.#known));
      }
      this.#unsent.shift();
    }
  }

  #resend(answerId) {
    this.#unsent.unshift(answerId);
    this.#sendNext();
  }

  // The other tabs' side.

  #hear(message, from) {
    if (message.changed) this.conversations.follow(message.changed);
    if (message.stop && this.#value.live.has(message.stop)) this.stop(message.stop);
    if (message.hello && this.#value.live.size > 0) this.#tellWriting();
    if (!message.writing) return;
    const others = [...this.#value.elsewhere].filter(([, each]) => each.from !== from);
    const theirs = message.writing.map(({ answerId, conversationId }) => [answerId, { conversationId, from }]);
    this.#set({ elsewhere: new Map([...others, ...theirs]) });
  }

  #tellWriting() {
    this.#tabs.tell({ writing: [...this.#value.live].map(([answerId, { conversationId }]) => ({ answerId, conversationId })) });
  }

  /// The page is closed or put to sleep: the answers that it receives end here.
  leave() {
    this.#tabs.tell({ writing: [] });
  }

  /// The page was asleep, and other tabs were not.
  wake() {
    this.conversations.followAll();
    this.#tellWriting();
    this.#tabs.tell({ hello: true });
  }

  // The server's side.

  #opened(model) {
    this.#isDraining = false;
    this.#set({ link: 'open', model: model.id, contextLength: model.max_model_len ?? null });
    this.memory.opened();
    this.#sendNext();
  }

  #lost({ retryMs }) {
    this.#known.clear();
    this.memory.lost();
    const running = this.#lanes.reset();
    this.#set({ link: 'lost', retryAt: Date.now() + retryMs });
    for (const answerId of running.reverse()) {
      const live = this.#value.live.get(answerId);
      if (!live) continue;
      // What has not begun is asked again by itself; half an answer is shown as such.
      if (live.answer.text) this.#finish(answerId, { ...live.answer, phase: 'failed', error: 'the connection was lost' });
      else this.#unsent.unshift(answerId), this.#setLive(answerId, { ...live, answer: { ...live.answer, phase: 'waiting', responseId: null } });
    }
  }

  #receive(event) {
    if (event.type === 'octavo:goaway') {
      this.#isDraining = true;
      return this.#set({ link: 'leaving' });
    }
    if (this.memory.take(event)) return;
    const answerId = this.#lanes.at(event.stream_id);
    const live = this.#value.live.get(answerId);
    if (!live) return;
    if (event.type === 'error' && this.#isCurable(event, live.conversationId, answerId)) return;
    const answer = afterEvent(live.answer, event, performance.now());
    if (answer === live.answer) return;
    if (isOver(answer)) this.#finish(answerId, answer);
    else this.#setLive(answerId, { ...live, answer });
  }

  #isCurable({ error }, conversationId, answerId) {
    const isForgotten = error?.code === 'previous_response_not_found';
    // A response that ended while its cancellation was under way.
    if (error?.code === 'response_not_found') return true;
    if (!isForgotten && error?.code !== 'server_draining') return false;
    const conversation = this.#conversation(conversationId);
    if (!conversation) return false;
    if (isForgotten) this.#known.delete(pathTo(conversation, answerId).at(-3)?.id);
    else this.#isDraining = true;
    this.#lanes.release(this.#lanes.of(answerId));
    this.#resend(answerId);
    return true;
  }

  #finish(answerId, answer) {
    const { conversationId } = this.#value.live.get(answerId);
    const lane = this.#lanes.of(answerId);
    if (lane !== undefined) this.#lanes.release(lane);
    if (answer.responseId && answer.phase !== 'failed') this.#known.set(answerId, answer.responseId);
    const live = new Map(this.#value.live);
    live.delete(answerId);
    this.#set({ live });
    if (live.size === 0) this.#keeper = clearInterval(this.#keeper);
    const { text, phase, facts, error, responseId } = answer;
    // Other tabs see the end before they hear that nothing more comes.
    this.conversations.changeMessage(conversationId, answerId, { text, status: phase, facts, error, responseId }).then(() => this.#tellWriting());
    if (this.#conversation(conversationId)) this.#set({ said: phase === 'failed' ? `The answer failed: ${error}` : text });
    this.#sendNext();
  }

  get #value() {
    return this.#state.value;
  }

  #set(change) {
    this.#state.set(change);
  }

  #setLive(answerId, live) {
    this.#set({ live: new Map(this.#value.live).set(answerId, live) });
  }

  #conversation(id) {
    return this.#value.conversations.get(id);
  }
}
