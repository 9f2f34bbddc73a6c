// What a person can do on the page, and what the server's events do to it: the only writer of the
// page's state.
import { afterEvent, isOver, newAnswer } from '../wire/answer.js';
import { Lanes } from '../wire/lanes.js';
import { Link } from '../wire/link.js';
import { createEvent } from '../wire/request.js';
import { addMessage, changeMessage, chooseMessage, newConversation, pathTo } from './conversation.js';
import { Memory } from './memory.js';

const kKey = 'octavo-api-key';
const kKeepMs = 1000;

export class Chat {
  #state;
  #shelf;
  #link;
  #lanes = new Lanes();
  #known = new Map(); // Answer id -> response id; only as long as the connection.
  #unsent = []; // Ids of answers that wait for a lane or a connection.
  #isDraining = false;
  #keeper; // Keeps unfinished answers now and then, while there are any.

  constructor(state, shelf) {
    this.memory = new Memory(state, (event) => this.#link.isOpen && this.#link.send(event));
    this.#state = state;
    this.#shelf = shelf;
    this.#link = new Link({
      onOpen: (model) => this.#opened(model),
      onEvent: (event) => this.#receive(event),
      onClose: (loss) => this.#lost(loss),
      onKeyNeeded: (wasRefused) => this.#set({ link: 'locked', wasRefused }),
    });
  }

  async start() {
    const kept = await this.#shelf.open();
    this.#set({ conversations: new Map(kept.map((each) => [each.id, each])), isKept: this.#shelf.isKept, isReady: true });
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

  // Conversations.

  open(id) {
    this.#set({ current: id });
  }

  keep(conversation) {
    const conversations = new Map(this.#value.conversations).set(conversation.id, conversation);
    this.#set({ conversations });
    this.#shelf.put(conversation);
  }

  keepAll(conversations) {
    for (const each of conversations) this.keep(each);
  }

  remove(id) {
    const removed = this.#conversation(id);
    for (const [answerId, live] of this.#value.live) {
      if (live.conversationId === id) this.stop(answerId);
    }
    const conversations = new Map(this.#value.conversations);
    conversations.delete(id);
    this.#shelf.remove(id);
    this.#set({ conversations, removed, current: this.#value.current === id ? null : this.#value.current });
  }

  restore() {
    this.keep(this.#value.removed);
    this.#set({ current: this.#value.removed.id, removed: null });
  }

  forgetRemoved() {
    this.#set({ removed: null });
  }

  rename(id, title) {
    this.keep({ ...this.#conversation(id), title: title.trim().slice(0, 200) });
  }

  /// Settings of the open conversation, or of the next one.
  configure(settings) {
    const conversation = this.#conversation(this.#value.current);
    if (conversation) this.keep({ ...conversation, settings });
    else this.#set({ draftSettings: settings });
  }

  show(conversationId, nodeId) {
    this.keep(chooseMessage(this.#conversation(conversationId), nodeId));
  }

  /// Shows the way down to a message, wherever in the tree it is.
  showBranch(conversationId, nodeId) {
    const conversation = this.#conversation(conversationId);
    this.keep(pathTo(conversation, nodeId).reduce((shown, { id }) => chooseMessage(shown, id), conversation));
  }

  // Turns.

  /// Says something at the end of what is shown; in a new conversation if none is open.
  say(text, parent) {
    let conversation = this.#conversation(this.#value.current);
    if (!conversation) {
      conversation = newConversation(this.#value.draftSettings);
      this.#set({ current: conversation.id, draftSettings: {} });
    }
    const added = addMessage(conversation, parent, { role: 'user', text });
    this.#ask(added.conversation, added.id);
  }

  /// The same question with other words: a fork of the conversation above it.
  edit(conversationId, nodeId, text) {
    const conversation = this.#conversation(conversationId);
    const added = addMessage(conversation, conversation.nodes[nodeId].parent, { role: 'user', text });
    this.#ask(added.conversation, added.id);
  }

  /// Another answer to the same question.
  askAgain(conversationId, answerId) {
    const conversation = this.#conversation(conversationId);
    this.#ask(conversation, conversation.nodes[answerId].parent);
  }

  stop(answerId) {
    const live = this.#value.live.get(answerId);
    if (!live) return;
    const lane = this.#lanes.of(answerId);
    if (lane === undefined || !this.#link.isOpen) return this.#finish(answerId, { ...live.answer, phase: 'stopped' });
    const id = live.answer.responseId;
    this.#link.send({ type: 'response.cancel', ...(id ? { response_id: id } : { stream_id: lane }) });
  }

  #ask(conversation, userId) {
    // What the next page finds if this one is gone before the answer has ended.
    const error = 'the page was closed before the answer ended';
    const added = addMessage(conversation, userId, { role: 'assistant', text: '', status: 'failed', error });
    this.keep(added.conversation);
    this.#keeper ??= setInterval(() => this.#keepUnfinished(), kKeepMs);
    this.#setLive(added.id, { conversationId: conversation.id, answer: newAnswer(performance.now()) });
    this.#unsent.push(added.id);
    this.#sendNext();
  }

  #keepUnfinished() {
    for (const [answerId, { conversationId, answer }] of this.#value.live) {
      const conversation = this.#conversation(conversationId);
      if (conversation && answer.text) this.#shelf.put(changeMessage(conversation, answerId, { text: answer.text }));
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
    if (isForgotten) this.#known.delete(pathTo(this.#conversation(conversationId), answerId).at(-3)?.id);
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
    const conversation = this.#conversation(conversationId);
    if (conversation) {
      const { text, phase, facts, error, responseId } = answer;
      this.keep(changeMessage(conversation, answerId, { text, status: phase, facts, error, responseId }));
      this.#set({ said: phase === 'failed' ? `The answer failed: ${error}` : text });
    }
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
