// The conversations that the page shows, and what a person does to them: the only writer of that part of the state.
//
// Two tabs may write one conversation at the same time. So what is done is kept as a change, a function from a conversation to
// the next one that touches only what was meant. It is applied at once to what is shown here and, in a transaction, to
// what is stored; other tabs are told and read anew. What is shown is what was last stored, with the changes that are
// still on their way, and with the branches that this tab has chosen itself: a tab follows what others write, but is
// not led away from the branch that it shows.
//
// Nothing that a person wrote is lost to a deletion in another tab: writing to a conversation that is gone brings it
// back, and one that is open stays in sight until it is left.
import { keepDefaults } from '../keep/defaults.js';
import { addMessage, changeMessage, chooseMessage, joined, pairOf, pathTo, withPath } from './conversation.js';
import { applyChanges, changesOf } from './settings.js';

const kAtOnce = 50; // Conversations of a file that are stored together.

export class Conversations {
  #state;
  #shelf;
  #tabs;
  #onGone;
  #isOpened;
  #stored = new Map(); // Conversation id -> what was last seen on the shelf.
  #pending = new Map(); // Conversation id -> changes that are on their way to the shelf, oldest first.
  #chosen = new Map(); // Conversation id -> { parent: child }, as this tab has chosen.

  /// `onGone(id)` is called when a conversation has been deleted, by this tab or by another.
  constructor(state, shelf, tabs, onGone) {
    this.#state = state;
    this.#shelf = shelf;
    this.#tabs = tabs;
    this.#onGone = onGone;
  }

  /// `id`: the conversation to show.
  async start(id = null) {
    this.#isOpened = this.#shelf.open();
    for (const each of await this.#isOpened) this.#stored.set(each.id, each);
    this.#state.set({ conversations: new Map(this.#stored), isKept: this.#shelf.isKept, isReady: true });
    this.open(id);
  }

  /// Reads again what another tab has written.
  async follow(ids) {
    await this.#isOpened;
    await Promise.all(ids.map(async (id) => this.#store(id, await this.#shelf.get(id))));
    this.#draw(ids);
  }

  /// Reads everything again: for a page that was asleep while others wrote.
  async followAll() {
    await this.#isOpened;
    const all = new Map((await this.#shelf.all()).map((each) => [each.id, each]));
    const ids = [...new Set([...this.#stored.keys(), ...all.keys()])];
    for (const id of ids) this.#store(id, all.get(id));
    this.#draw(ids);
  }

  get(id) {
    return this.#state.value.conversations.get(id);
  }

  /// Shows a conversation; null: one that has not begun. An id that this browser does not have is said to be missing.
  open(id) {
    const { gone } = this.#state.value;
    const isMissing = id !== null && !this.get(id);
    this.#state.set({ current: isMissing ? null : id, isMissing });
    if (gone && gone !== id) this.#draw([gone]);
  }

  /// Adds messages, each below the one before it (or where it says itself) and the first below `parent`, and shows them. A
  /// conversation that is not stored begins with them, or begins again.
  add(conversation, parent, messages) {
    const now = Date.now();
    const addTo = (start) => messages.reduce(({ at, grown }, message) => {
      const added = addMessage(grown, message.parent ?? at, message, now);
      return { at: added.id, grown: added.conversation };
    }, { at: parent, grown: start }).grown;
    return this.#change(conversation.id, (stored) => addTo(withPath(stored, conversation, parent)), conversation);
  }

  /// Writes fields of a message, where its conversation still is.
  changeMessage(id, messageId, fields) {
    const now = Date.now();
    return this.#change(id, (stored) => (stored?.nodes[messageId] ? changeMessage(stored, messageId, fields, now) : stored));
  }

  /// Of two answers that stand beside each other this one: it is gone on with, by the settings that it was given with.
  choose(id, answerId) {
    const now = Date.now();
    return this.#change(id, (stored) => {
      const pair = stored && pairOf(stored, answerId);
      if (!pair) return stored;
      const apart = pair.reduce((grown, each) => changeMessage(grown, each.id, { beside: null }, now), stored);
      return chooseMessage({ ...apart, settings: stored.nodes[answerId].settings ?? stored.settings }, answerId);
    });
  }

  /// Puts another answer where one of the two stood.
  replaceBeside(id, answerId, answer) {
    const { parent, beside, side, settings } = this.get(id).nodes[answerId];
    const now = Date.now();
    return this.#change(id, (stored) => {
      if (!stored?.nodes[beside]) return stored;
      const added = addMessage(stored, parent, { ...answer, settings, beside, side }, now).conversation;
      return changeMessage(changeMessage(added, beside, { beside: answer.id }, now), answerId, { beside: null }, now);
    });
  }

  /// More of an answer than what was kept of it. `content`: { text, thoughts, calls }.
  lengthen(id, messageId, content) {
    const sizeOf = ({ text, thoughts = '', calls = [] }) => text.length + thoughts.length + JSON.stringify(calls).length;
    const isMore = (stored) => stored?.nodes[messageId]?.status === 'failed' && sizeOf(stored.nodes[messageId]) < sizeOf(content);
    return this.#change(id, (stored) => (isMore(stored) ? changeMessage(stored, messageId, content, stored.updatedAt) : stored));
  }

  rename(id, title) {
    const shown = this.get(id);
    return shown && this.#change(id, (stored) => ({ ...(stored ?? shown), title: title.trim().slice(0, 200) }));
  }

  /// Settings of the open conversation, or of the next one. Only what differs from `before` is written.
  configure(before, after) {
    const shown = this.get(this.#state.value.current);
    if (!shown) return this.#state.set({ draftSettings: after });
    const changes = changesOf(before, after);
    return this.#change(shown.id, (stored) => {
      const start = stored ?? shown;
      return { ...start, settings: applyChanges(start.settings, changes) };
    });
  }

  /// Settings that new conversations begin with.
  configureNew(defaults) {
    keepDefaults(defaults);
    this.#state.set({ defaults, ...(this.get(this.#state.value.current) ? {} : { draftSettings: defaults }) });
  }

  show(id, messageId) {
    return this.#change(id, (stored) => (stored?.nodes[messageId] ? chooseMessage(stored, messageId) : stored));
  }

  /// Shows the way down to a message, wherever in the tree it is.
  showBranch(id, messageId) {
    return this.#change(id, (stored) => stored && pathTo(stored, messageId).reduce((shown, each) => chooseMessage(shown, each.id), stored));
  }

  /// Shows the way down to a message and brings it into view. `takesFocus`: the next keys are for the message.
  goTo(id, messageId, takesFocus = false) {
    this.#state.set({ sought: { messageId, takesFocus } });
    return this.showBranch(id, messageId);
  }

  /// Conversations of a file, under ids of their own.
  async import(conversations) {
    for (let i = 0; i < conversations.length; i += kAtOnce) {
      await this.#changeAll(new Map(conversations.slice(i, i + kAtOnce).map((each) => [each.id, () => each])));
    }
  }

  async remove(id) {
    const { current, conversations } = this.#state.value;
    this.#state.set({ removed: conversations.get(id), current: current === id ? null : current });
    const outcome = await this.#change(id, () => undefined);
    // What is brought back is what all tabs had written.
    if (outcome?.before && this.#state.value.removed?.id === id) this.#state.set({ removed: outcome.before });
  }

  restore() {
    const { removed } = this.#state.value;
    this.#change(removed.id, (stored) => (stored ? joined(stored, removed) : removed));
    this.#state.set({ current: removed.id, removed: null });
  }

  forgetRemoved() {
    this.#state.set({ removed: null });
  }

  async #change(id, change, start) {
    const outcomes = await this.#changeAll(new Map([[id, change]]), start);
    return outcomes.get(id);
  }

  /// changes: conversation id -> change. Resolves to id -> { before, after } when all are stored.
  async #changeAll(changes, start) {
    const ids = [...changes.keys()];
    for (const [id, change] of changes) {
      this.#noteChosen(id, change, this.get(id) ?? start);
      this.#pending.set(id, [...(this.#pending.get(id) ?? []), change]);
    }
    this.#draw(ids);
    const outcomes = new Map();
    const writes = await Promise.allSettled([...changes].map(async ([id, change]) => {
      const outcome = await this.#shelf.change(id, change);
      this.#pending.set(id, this.#pending.get(id).filter((each) => each !== change));
      this.#store(id, outcome.after);
      outcomes.set(id, outcome);
    }));
    // What could not be written stays among the pending, so that it is shown as long as the page is.
    if (writes.some(({ status }) => status === 'rejected')) this.#state.set({ isKept: false });
    this.#draw(ids);
    if (this.#shelf.isKept) this.#tabs.tell({ changed: [...outcomes.keys()] });
    return outcomes;
  }

  #store(id, stored) {
    if (stored) this.#stored.set(id, stored);
    else this.#stored.delete(id);
  }

  #noteChosen(id, change, shown) {
    const chosen = (shown && change(shown)?.chosen) ?? {};
    const own = Object.entries(chosen).filter(([parent, child]) => shown.chosen[parent] !== child);
    if (own.length > 0) this.#chosen.set(id, { ...this.#chosen.get(id), ...Object.fromEntries(own) });
  }

  /// What changes that are on their way make of a conversation.
  #changed(id, conversation) {
    return (this.#pending.get(id) ?? []).reduce((changed, change) => change(changed), conversation);
  }

  /// Puts conversations into the state as they are now to be shown. One that is deleted while it is open stays in sight.
  #draw(ids) {
    const { current, conversations: before } = this.#state.value;
    const conversations = new Map(before);
    let { gone } = this.#state.value;
    const deleted = [];
    for (const id of ids) {
      const shown = this.#changed(id, this.#stored.get(id));
      if (shown) {
        conversations.set(id, { ...shown, chosen: { ...shown.chosen, ...this.#chosen.get(id) } });
        if (gone === id) gone = null;
        continue;
      }
      if (before.has(id) && gone !== id) deleted.push(id);
      if (id === current && before.has(id)) {
        conversations.set(id, this.#changed(id, before.get(id)) ?? before.get(id));
        gone = id;
      } else {
        conversations.delete(id);
        if (gone === id) gone = null;
      }
    }
    this.#state.set({ conversations, gone });
    for (const id of deleted) this.#onGone(id);
  }
}
