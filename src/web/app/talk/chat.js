// What a person does in conversations: turns, other answers, what is left out. With Conversations, LiveAnswers, Exchange, Memory and
// Inspector the only writer of the page's state.
import { forgetUnfinished, unfinished } from '../keep/unfinished.js';
import { contentOf, newAnswer, thawed } from '../wire/answer.js';
import { hasContent, resultsOf, wholeCalls } from './calls.js';
import { startAfterTrimming } from './context.js';
import { newConversation, newId, pairOf } from './conversation.js';
import { Conversations } from './conversations.js';
import { Exchange, kMaxSent } from './exchange.js';
import { Inspector } from './inspector.js';
import { LiveAnswers } from './live_answers.js';
import { Memory } from './memory.js';

const kKey = 'octavo-api-key';
// What the next page finds if this one is gone before the answer has ended.
const kClosed = { status: 'failed', error: 'the page was closed before the answer ended', code: null };

function emptyAnswer(id) {
  return { id, role: 'assistant', text: '', ...kClosed };
}

export class Chat {
  #state;
  #tabs;
  #live;
  #exchange;

  constructor(state, shelf, tabs) {
    this.#state = state;
    this.#tabs = tabs;
    this.memory = new Memory(state, (event) => this.#exchange.tell(event));
    this.inspector = new Inspector(state);
    this.conversations = new Conversations(state, shelf, tabs, (id) => this.#live.idsOf(id).forEach((answerId) => this.stop(answerId)));
    this.#live = new LiveAnswers(state, this.conversations, tabs);
    this.#exchange = new Exchange(state, this.#live, this.memory, this.inspector);
  }

  /// `id`: the conversation to show, if there is one.
  async start(id) {
    this.#tabs.listen((message, from) => this.#hear(message, from));
    this.#tabs.tell({ hello: true });
    await this.conversations.start(id);
    for (const kept of unfinished()) this.#takeUp(kept);
    await this.#exchange.open(sessionStorage.getItem(kKey));
  }

  /// An answer that another page had begun to hear when it was closed.
  #takeUp({ conversationId, answerId, answer: kept, isFresh, ...rest }) {
    const { status } = this.conversations.get(conversationId)?.nodes[answerId] ?? {};
    const answer = thawed(kept);
    if (status === 'failed' && isFresh && answer.responseId && rest.lane) {
      this.#live.begin([[answerId, { ...rest, conversationId, answer, numSent: kMaxSent, lossWords: kClosed.error }]]);
      this.#exchange.takeUp(answerId);
    }
    this.conversations.lengthen(conversationId, answerId, contentOf(answer)).then(() => forgetUnfinished(answerId));
  }

  useKey(key) {
    sessionStorage.setItem(kKey, key);
    this.#set({ link: 'opening', wasRefused: false });
    this.#exchange.open(key);
  }

  reconnect() {
    this.#exchange.hurry();
  }

  /// Says something at the end of what is shown; in a new conversation if none is open.
  say(text, parent) {
    this.#ask(this.#opened(), parent, { text });
  }

  /// Gives back what the calls of an answer return: a text for each.
  giveResults(conversationId, answerId, outputs) {
    const conversation = this.#conversation(conversationId);
    this.#ask(conversation, answerId, resultsOf(wholeCalls(conversation.nodes[answerId]), outputs));
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
    this.#ask(conversation, conversation.nodes[nodeId].parent, { text });
  }

  /// The same calls with other results.
  editResults(conversationId, nodeId, outputs) {
    const conversation = this.#conversation(conversationId);
    const { parent, results } = conversation.nodes[nodeId];
    this.#ask(conversation, parent, resultsOf(results, outputs));
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
    if (this.#live.get(answerId)) return;
    const node = this.#conversation(conversationId).nodes[answerId];
    this.#await(conversationId, [[answerId, newAnswer(performance.now(), node)]], () => this.conversations.changeMessage(conversationId, answerId, kClosed));
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
    const { text, thoughts, thoughtTokens, calls, status, parent } = nodes[answerId];
    const conversation = newConversation(settings);
    const question = { id: newId(), role: 'user', text: nodes[parent].text };
    this.#set({ current: conversation.id, numAsked: this.#value.numAsked + 1 });
    if (!hasContent({ text, calls })) return this.#ask(conversation, null, { text: question.text });
    this.conversations.add(conversation, null, [question, { id: newId(), role: 'assistant', text, thoughts, thoughtTokens, calls, status }]);
  }

  /// Stops an answer, in whatever tab it is received.
  stop(answerId) {
    if (this.#live.get(answerId)) this.#exchange.stop(answerId);
    else if (this.#live.isElsewhere(answerId)) this.#tabs.tell({ stop: answerId });
  }

  /// Asks for an answer below `parent`, or below a new question there: { text }, with results of calls { text, results }.
  #ask(conversation, parent, question) {
    const answer = emptyAnswer(newId());
    const asked = question === undefined ? [] : [{ id: newId(), role: 'user', ...question }];
    this.#await(conversation.id, [[answer.id, newAnswer(performance.now())]], () => this.conversations.add(conversation, parent, [...asked, answer]));
  }

  /// answers: [id, answer] each. `place` writes them into the conversation: other tabs hear that they are awaited before they
  /// see them.
  #await(conversationId, answers, place) {
    this.#live.begin(answers.map(([id, answer]) => [id, { conversationId, answer, isContinued: answer.text !== '', numSent: 0 }]));
    place();
    this.#set({ numAsked: this.#value.numAsked + 1 });
    this.#exchange.ask(answers.map(([id]) => id));
  }

  #hear(message, from) {
    if (message.changed) this.conversations.follow(message.changed);
    if (message.stop && this.#live.get(message.stop)) this.stop(message.stop);
    if (message.hello && this.#value.live.size > 0) this.#live.tell();
    if (message.writing) this.#live.hear(message.writing, from);
  }

  keep() {
    this.#live.keep();
  }

  /// The page is closed or put to sleep.
  leave() {
    this.#live.leave();
  }

  /// The page was asleep, and other tabs were not.
  wake() {
    this.conversations.followAll();
    this.#live.wake();
    this.#tabs.tell({ hello: true });
  }

  get #value() {
    return this.#state.value;
  }

  #set(change) {
    this.#state.set(change);
  }

  #conversation(id) {
    return this.#value.conversations.get(id);
  }
}
