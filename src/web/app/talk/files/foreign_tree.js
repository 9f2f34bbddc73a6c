// The tree of another program as a conversation of this page. There, messages of tools and hidden ones stand between those that
// are read, and one answer may be several messages in a row. Here questions and answers take turns: what is not read is passed
// over, what one side says in a row becomes one message, and where such a row forks, each branch has the words before the fork.
import { newConversation, newId } from '../conversation.js';

const kNoQuestion = '…'; // Stands for the question where a conversation begins with an answer.

/// Messages -> who follows whom, in the order of the file; null where messages hang on each other in a circle. A message whose
/// parent is not in the file is a first one.
function followersOf(messages) {
  const followers = new Map([[null, []]]);
  for (const { id } of messages.values()) followers.set(id, []);
  for (const message of messages.values()) followers.get(messages.has(message.parent) ? message.parent : null).push(message.id);
  for (const [id, ids] of followers) {
    const order = messages.get(id)?.order ?? [];
    const places = new Map(order.map((each, i) => [each, i]));
    ids.sort((a, b) => (places.get(a) ?? order.length) - (places.get(b) ?? order.length));
  }
  const open = [...followers.get(null)];
  let numReached = 0;
  for (; open.length > 0; ++numReached) open.push(...followers.get(open.pop()));
  return numReached === messages.size ? followers : null;
}

class Growth {
  nodes = {};
  #messages;
  #followers;
  #places = new Map(); // Message of the file -> the message of ours that has its words.

  constructor(messages, followers) {
    this.#messages = messages;
    this.#followers = followers;
    const open = this.#readBelow(null).map((id) => ({ id, parent: null, before: null }));
    open.reverse();
    while (open.length > 0) this.#grow(open.pop(), open);
  }

  /// The way that leads to a message of the file, or to the last one before it that is read.
  chosenTo(id) {
    const chosen = {};
    let at = id;
    while (this.#messages.has(at) && !this.#places.has(at)) at = this.#messages.get(at).parent;
    for (let node = this.nodes[this.#places.get(at)]; node; node = this.nodes[node.parent]) chosen[node.parent ?? 'root'] = node.id;
    return chosen;
  }

  /// What follows a message when all that is not read is passed over.
  #readBelow(id) {
    const found = [];
    const open = [...this.#followers.get(id)].reverse();
    while (open.length > 0) {
      const next = open.pop();
      if (this.#messages.get(next).role) found.push(next);
      else open.push(...[...this.#followers.get(next)].reverse());
    }
    return found;
  }

  /// `before`: what the same side has said in this row already.
  #grow({ id, parent, before }, open) {
    const { role, text, at, status, error } = this.#messages.get(id);
    const node = { role, text: before ? [before.text, text].filter(Boolean).join('\n\n') : text, at: before?.at ?? at, status, error, ids: [...(before?.ids ?? []), id] };
    const below = this.#readBelow(id);
    const isSame = (next) => this.#messages.get(next).role === role;
    const isNeeded = below.length === 0 || !below.every(isSame);
    const own = isNeeded ? this.#add(node, role === 'assistant' && parent === null ? this.#add({ role: 'user', text: kNoQuestion, at: node.at, ids: [] }, null) : parent) : null;
    for (const next of below.reverse()) open.push(isSame(next) ? { id: next, parent, before: node } : { id: next, parent: own, before: null });
  }

  #add({ role, text, at, status = 'done', error, ids }, parent) {
    const isEmpty = role === 'assistant' && !text && status === 'done';
    const id = newId();
    this.nodes[id] = { id, parent, role, text, at, status: isEmpty ? 'failed' : status, ...(isEmpty ? { error: 'The file has no words of this answer.' } : error ? { error } : {}) };
    for (const each of ids) this.#places.set(each, id);
    return id;
  }
}

/// messages: Map of id -> { id, parent, order: ids of what follows it, role: user, assistant or null for one that is not read,
/// text, at, status, error }. Null where the file is damaged.
export function grownFrom(messages, { title, createdAt, updatedAt, settings, current }) {
  const followers = followersOf(messages);
  if (!followers) return null;
  const growth = new Growth(messages, followers);
  return {
    ...newConversation(settings), title: typeof title === 'string' ? title.slice(0, 200) : '', createdAt, updatedAt,
    nodes: growth.nodes, chosen: growth.chosenTo(current),
  };
}

/// Milliseconds of a time in seconds; `otherwise` where there is none.
export function timeOfSeconds(value, otherwise = Date.now()) {
  return Number.isFinite(value) && value > 0 ? Math.round(value * 1000) : otherwise;
}
