// The answers that are being written: by this tab, which keeps them on the shelf as they grow, and by others, of which it only
// hears.
import { forgetUnfinished, keepUnfinished } from '../keep/unfinished.js';
import { contentOf, frozen, hasBegun } from '../wire/answer.js';

const kKeepMs = 1000;

export class LiveAnswers {
  #state;
  #conversations;
  #tabs;
  #keeper; // Keeps unfinished answers now and then, while there are any.

  constructor(state, conversations, tabs) {
    this.#state = state;
    this.#conversations = conversations;
    this.#tabs = tabs;
  }

  /// { conversationId, answer, ... }; undefined for one that this tab does not receive.
  get(answerId) {
    return this.#all.get(answerId);
  }

  set(answerId, live) {
    this.#state.set({ live: new Map(this.#all).set(answerId, live) });
  }

  /// answers: [id, live] each. Other tabs hear of them.
  begin(answers) {
    for (const [id, live] of answers) this.set(id, live);
    this.tell();
    this.#keeper ??= setInterval(() => this.keep(), kKeepMs);
  }

  /// Nothing more comes of it. `fields`: what the conversation has of it from now on.
  end(answerId, fields) {
    const { conversationId } = this.get(answerId);
    const live = new Map(this.#all);
    live.delete(answerId);
    this.#state.set({ live });
    if (live.size === 0) this.#keeper = clearInterval(this.#keeper);
    // Other tabs see the end before they hear that nothing more comes.
    this.#conversations.changeMessage(conversationId, answerId, fields).then(() => this.tell());
  }

  idsOf(conversationId) {
    return [...this.#all].filter(([, live]) => live.conversationId === conversationId).map(([id]) => id);
  }

  /// Keeps what has been written so far.
  keep() {
    for (const [answerId, { conversationId, answer }] of this.#all) {
      if (hasBegun(answer)) this.#conversations.changeMessage(conversationId, answerId, contentOf(answer));
    }
  }

  /// The page is closed or put to sleep: the next one can take up the answers that it receives.
  leave() {
    this.keep();
    // The shelf may be too slow for a page that is being closed.
    for (const [answerId, { conversationId, answer, lane, start, isContinued }] of this.#all) {
      if (hasBegun(answer) || answer.responseId) keepUnfinished({ conversationId, answerId, lane, start, isContinued, answer: frozen(answer) });
    }
    this.#tabs.tell({ writing: [] });
  }

  /// The page was asleep, and has its answers still.
  wake() {
    for (const answerId of this.#all.keys()) forgetUnfinished(answerId);
    this.tell();
  }

  /// [id, live] each.
  entries() {
    return [...this.#all];
  }

  /// Tells the other tabs which answers this one receives.
  tell() {
    this.#tabs.tell({ writing: [...this.#all].map(([answerId, { conversationId }]) => ({ answerId, conversationId })) });
  }

  /// What another tab receives from now on.
  hear(writing, from) {
    const others = [...this.#state.value.elsewhere].filter(([, each]) => each.from !== from);
    const theirs = writing.map(({ answerId, conversationId }) => [answerId, { conversationId, from }]);
    this.#state.set({ elsewhere: new Map([...others, ...theirs]) });
  }

  isElsewhere(answerId) {
    return this.#state.value.elsewhere.has(answerId);
  }

  get #all() {
    return this.#state.value.live;
  }
}
