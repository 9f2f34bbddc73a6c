// The other tabs of this browser that show the page: what one of them tells, all others hear. A message says what has
// happened and carries no conversation; that is read from the shelf.
//   { changed: [conversation ids] }                              these were written or deleted
//   { writing: [{ answerId, conversationId }] }                  all answers that the sender receives at the moment
//   { stop: answerId }                                           to whoever receives this answer
//   { hello: true }                                              a tab has opened and asks who receives answers

import { newId } from '../talk/conversation.js';

export class Tabs {
  #id = newId();
  #channel = new BroadcastChannel('octavo');

  /// `hear(message, from)` is called for every message of another tab; `from` names the tab.
  listen(hear) {
    this.#channel.onmessage = ({ data: { from, ...message } }) => hear(message, from);
  }

  tell(message) {
    this.#channel.postMessage({ from: this.#id, ...message });
  }
}
