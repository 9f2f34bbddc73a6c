// What is said to the server and what it answers: the turns of all conversations, over one connection. With Conversations,
// Memory and Inspector the only writer of the page's state.
import { forgetUnfinished, keepUnfinished, unfinished } from '../keep/unfinished.js';
import { afterEvent, failed, hasBegun, isOver, newAnswer } from '../wire/answer.js';
import { Lanes } from '../wire/lanes.js';
import { isRefusal, Link } from '../wire/link.js';
import { continueEvent, createEvent } from '../wire/request.js';
import { bytesOf, startAfterTrimming, startOf } from './context.js';
import { newConversation, newId, pairOf, pathTo } from './conversation.js';
import { Conversations } from './conversations.js';
import { Inspector } from './inspector.js';
import { Memory } from './memory.js';
import { kBegun, saidOf } from './said.js';

const kKey = 'octavo-api-key';
const kKeepMs = 1000;
const kMaxSent = 3; // A message with which the connection was lost so often is not sent again by itself.
// What the next page finds if this one is gone before the answer has ended.
const kClosed = { status: 'failed', error: 'the page was closed before the answer ended', code: null };

function emptyAnswer(id) {
  return { id, role: 'assistant', text: '', ...kClosed };
}

function refusalWords(code, reason) {
  if (code === 1009) return 'the message is larger than the server takes';
  return `the server closed the connection over this message (code ${code}${reason ? `: ${reason}` : ''})`;
}

export class Chat {
  #state;
  #tabs;
  #link;
  #lanes = new Lanes();
  #known = new Map(); // Answer id -> { responseId, start: what it was sent from, isPart: it wrote the end alone }; only as long as the connection.
  #sentBytes = new Map(); // Answer id -> bytes of what asked for it, on this connection.
  #unsent = []; // Ids of answers that wait for a lane or a connection.
  #isDraining = false;
  #keeper; // Keeps unfinished answers now and then, while there are any.

  constructor(state, shelf, tabs) {
    this.memory = new Memory(state, (event) => this.#link.isOpen && this.#link.send(event));
    this.conversations = new Conversations(state, shelf, tabs, (id) => this.#stopAllOf(id));
    this.#state = state;
    this.#tabs = tabs;
    this.inspector = new Inspector(state);
    this.#link = new Link({
      onFrame: (direction, text, isFeed) => this.inspector.note(direction, text, isFeed),
      onOpen: (model) => this.#connected(model),
      onEvent: (event) => this.#receive(event),
      onClose: (loss) => this.#lost(loss),
      onKeyNeeded: (wasRefused) => this.#set({ link: 'locked', wasRefused }),
    });
  }

  /// `id`: the conversation to show, if there is one.
  async start(id) {
    this.#tabs.listen((message, from) => this.#hear(message, from));
    this.#tabs.tell({ hello: true });
    await this.conversations.start(id);
    for (const [key, { conversationId, answerId, text }] of unfinished()) {
      this.conversations.lengthen(conversationId, answerId, text).then(() => forgetUnfinished(key));
    }
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
    this.#ask(this.#opened(), parent, text);
  }

  /// Says something with two settings at once. The answers stand beside each other until one of them is chosen.
  compare(text, parent, settings) {
    const conversation = this.#opened();
    const question = { id: newId(), role: 'user', text };
    const ids = [newId(), newId()];
    const answers = ids.map((id, side) => ({ ...emptyAnswer(id), parent: question.id, settings: settings[side], side, beside: ids[1 - side] }));
    this.#await(conversation.id, ids.map((id) => [id, newAnswer(performance.now())]), () => this.conversations.add(conversation, parent, [question, ...answers]));
  }

  /// The open conversation, or one that begins now.
  #opened() {
    const open = this.#conversation(this.#value.current);
    if (open) return open;
    const conversation = newConversation(this.#value.draftSettings);
    this.#set({ current: conversation.id, isMissing: false, draftSettings: this.#value.defaults });
    return conversation;
  }

  /// The same question with other words: a fork of the conversation above it.
  edit(conversationId, nodeId, text) {
    const conversation = this.#conversation(conversationId);
    this.#ask(conversation, conversation.nodes[nodeId].parent, text);
  }

  /// Another answer to the same question.
  askAgain(conversationId, answerId) {
    const conversation = this.#conversation(conversationId);
    if (!pairOf(conversation, answerId)) return this.#ask(conversation, conversation.nodes[answerId].parent);
    const answer = emptyAnswer(newId());
    this.#await(conversationId, [[answer.id, newAnswer(performance.now())]], () => this.conversations.replaceBeside(conversationId, answerId, answer));
  }

  /// Goes on with an answer that ended too early.
  continueAnswer(conversationId, answerId) {
    if (this.#value.live.has(answerId)) return;
    const { text } = this.#conversation(conversationId).nodes[answerId];
    this.#await(conversationId, [[answerId, newAnswer(performance.now(), text)]], () => this.conversations.changeMessage(conversationId, answerId, kClosed));
  }

  /// Leaves out the oldest turns of the way to a message from now on. False: there are none that could be left out.
  trim(conversationId, messageId) {
    const { contextLength, refusedBytes } = this.#value;
    const start = startAfterTrimming(this.#conversation(conversationId), contextLength, messageId, refusedBytes);
    if (start) this.conversations.changeMessage(conversationId, start, { isStart: true });
    return start !== null;
  }

  /// A new conversation that begins with this answer and its question; with the question alone, asked again, where the
  /// answer is without words.
  beginFrom(conversationId, answerId) {
    const { settings, nodes } = this.#conversation(conversationId);
    const { text, status, parent } = nodes[answerId];
    const conversation = newConversation(settings);
    const question = { id: newId(), role: 'user', text: nodes[parent].text };
    this.#set({ current: conversation.id, numAsked: this.#value.numAsked + 1 });
    if (!text) return this.#ask(conversation, null, question.text);
    this.conversations.add(conversation, null, [question, { id: newId(), role: 'assistant', text, status }]);
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
    const answer = emptyAnswer(newId());
    const asked = question === undefined ? [] : [{ id: newId(), role: 'user', text: question }];
    this.#await(conversation.id, [[answer.id, newAnswer(performance.now())]], () => this.conversations.add(conversation, parent, [...asked, answer]));
  }

  /// answers: [id, answer] each. `place` writes them into the conversation: other tabs hear that they are awaited before they
  /// see them.
  #await(conversationId, answers, place) {
    for (const [id, answer] of answers) this.#setLive(id, { conversationId, answer, isContinued: answer.text !== '', numSent: 0 });
    this.#tellWriting();
    place();
    this.#set({ numAsked: this.#value.numAsked + 1 });
    this.#keeper ??= setInterval(() => this.keep(), kKeepMs);
    this.#unsent.push(...answers.map(([id]) => id));
    this.#sendNext();
  }

  /// Keeps what has been written so far.
  keep() {
    for (const [answerId, { conversationId, answer }] of this.#value.live) {
      if (hasBegun(answer)) this.conversations.changeMessage(conversationId, answerId, { text: answer.text });
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
        const start = startOf(path);
        this.#setLive(answerId, { ...live, start, numSent: live.numSent + 1 });
        this.#send(answerId, this.#eventFor(conversation, path, lane, start));
      }
      this.#unsent.shift();
    }
  }

  #eventFor(shown, path, lane, start) {
    const { id, text, beside, settings } = path.at(-1);
    // An answer that stands beside another has settings of its own, and what was given with its own goes on with them.
    const conversation = settings && (beside || text) ? { ...shown, settings } : shown;
    const own = text && this.#known.get(id);
    if (own && own.start === start) return continueEvent(conversation, lane, own.responseId);
    const isWhole = ([, each]) => each.start === start && !each.isPart;
    const known = new Map([...this.#known].filter(isWhole).map(([answerId, { responseId }]) => [answerId, responseId]));
    return createEvent(conversation, path.at(-2).id, lane, known, text);
  }

  /// What is as large as something that the server did not take is not sent.
  #send(answerId, event) {
    const text = JSON.stringify(event);
    const numBytes = bytesOf(text);
    this.#sentBytes.set(answerId, numBytes);
    if (numBytes < this.#value.refusedBytes) this.#link.sendText(text);
    else queueMicrotask(() => this.#refuse(answerId, { code: 1009, reason: '' }));
  }

  #refuse(answerId, { code, reason }) {
    const live = this.#value.live.get(answerId);
    if (live) this.#finish(answerId, failed(live.answer, refusalWords(code, reason), code === 1009 ? 'message_too_large' : 'message_refused'));
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
    this.keep();
    // The shelf may be too slow for a page that is being closed.
    for (const [answerId, { conversationId, answer }] of this.#value.live) {
      if (hasBegun(answer)) keepUnfinished({ conversationId, answerId, text: answer.text });
    }
    this.#tabs.tell({ writing: [] });
  }

  /// The page was asleep, and other tabs were not.
  wake() {
    this.conversations.followAll();
    this.#tellWriting();
    this.#tabs.tell({ hello: true });
  }

  // The server's side.

  #connected(model) {
    this.#isDraining = false;
    this.#set({ link: 'open', model: model.id, contextLength: model.max_model_len ?? null, modelDefaults: model.octavo?.defaults ?? {} });
    this.memory.opened();
    this.#sendNext();
  }

  #lost(loss) {
    this.#known.clear();
    this.memory.lost();
    const running = this.#lanes.reset().filter((id) => this.#value.live.has(id));
    this.#set({ link: 'lost', retryAt: Date.now() + loss.retryMs });
    if (isRefusal(loss.code)) this.#blame(running, loss);
    this.#sentBytes.clear();
    for (const answerId of running.reverse()) {
      const live = this.#value.live.get(answerId);
      if (!live) continue;
      // What has not begun is asked again by itself; half an answer is shown as such.
      if (hasBegun(live.answer)) this.#finish(answerId, failed(live.answer, 'the connection was lost'));
      else if (live.numSent >= kMaxSent) this.#finish(answerId, failed(live.answer, 'the connection was lost each time that this was sent'));
      else this.#unsent.unshift(answerId), this.#setLive(answerId, { ...live, answer: { ...live.answer, phase: 'waiting', responseId: null } });
    }
  }

  /// The server closed the connection over something that was sent: the largest of what it has not begun to answer, or
  /// the last. The others are sent again without it.
  #blame(running, loss) {
    const unanswered = running.filter((id) => !this.#value.live.get(id).answer.responseId);
    const size = (id) => this.#sentBytes.get(id) ?? 0;
    const guilty = loss.code === 1009 ? unanswered.reduce((a, b) => (size(b) > size(a) ? b : a), unanswered[0]) : unanswered.at(-1);
    if (!guilty) return;
    if (loss.code === 1009) this.#set({ refusedBytes: Math.min(this.#value.refusedBytes, size(guilty)) });
    this.#refuse(guilty, loss);
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
    if (hasBegun(answer) && !hasBegun(live.answer) && live.conversationId === this.#value.current) this.#say(kBegun);
    if (isOver(answer)) this.#finish(answerId, answer);
    else this.#setLive(answerId, { ...live, answer });
  }

  /// To screen readers, also when it is the same again.
  #say(words) {
    this.#set({ said: { words } });
  }

  #isCurable({ error }, conversationId, answerId) {
    const isForgotten = error?.code === 'previous_response_not_found';
    // A response that ended while its cancellation was under way.
    if (error?.code === 'response_not_found') return true;
    if (!isForgotten && error?.code !== 'server_draining') return false;
    const conversation = this.#conversation(conversationId);
    if (!conversation) return false;
    if (isForgotten) for (const id of [answerId, pathTo(conversation, answerId).at(-3)?.id]) this.#known.delete(id);
    else this.#isDraining = true;
    this.#lanes.release(this.#lanes.of(answerId));
    this.#resend(answerId);
    return true;
  }

  #finish(answerId, answer) {
    const { conversationId, start = null, isContinued } = this.#value.live.get(answerId);
    const lane = this.#lanes.of(answerId);
    if (lane !== undefined) this.#lanes.release(lane);
    // A response that goes on with an answer is only its end: it is there to be continued, not to be built on.
    this.#known.delete(answerId);
    if (answer.responseId && answer.phase !== 'failed') this.#known.set(answerId, { responseId: answer.responseId, start, isPart: isContinued });
    const live = new Map(this.#value.live);
    live.delete(answerId);
    this.#set({ live });
    if (live.size === 0) this.#keeper = clearInterval(this.#keeper);
    const { text, phase, facts, error, code, responseId } = answer;
    const counted = facts ? { facts, from: start } : {};
    // Other tabs see the end before they hear that nothing more comes.
    this.conversations.changeMessage(conversationId, answerId, { text, status: phase, error, code, responseId, ...counted }).then(() => this.#tellWriting());
    if (this.#conversation(conversationId)) this.#say(saidOf(answer));
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
