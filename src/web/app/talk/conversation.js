// A conversation is a tree: editing a message or asking again adds a sibling, and every message
// remembers which of its followers is shown. Values are never changed, only replaced.

const kRoot = 'root';
const indexes = new WeakMap();

/// Not randomUUID: a page over plain http from another machine does not have it.
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function newConversation(settings = {}, now = Date.now()) {
  return { id: newId(), title: '', createdAt: now, updatedAt: now, settings, nodes: {}, chosen: {} };
}

function childIndex({ nodes }) {
  let index = indexes.get(nodes);
  if (!index) {
    index = new Map();
    for (const node of Object.values(nodes)) {
      const key = node.parent ?? kRoot;
      if (!index.has(key)) index.set(key, []);
      index.get(key).push(node.id);
    }
    indexes.set(nodes, index);
  }
  return index;
}

/// Ids of what follows `parent` (null: the first messages), oldest first.
export function childrenOf(conversation, parent) {
  return childIndex(conversation).get(parent ?? kRoot) ?? [];
}

/// Adds a message below `parent` and shows it. Returns { conversation, id }.
export function addMessage(conversation, parent, message, now = Date.now()) {
  const id = message.id ?? newId();
  const node = { at: now, status: 'done', ...message, id, parent };
  return {
    id,
    conversation: {
      ...conversation,
      updatedAt: now,
      nodes: { ...conversation.nodes, [id]: node },
      chosen: { ...conversation.chosen, [parent ?? kRoot]: id },
    },
  };
}

export function changeMessage(conversation, id, change, now = Date.now()) {
  const nodes = { ...conversation.nodes, [id]: { ...conversation.nodes[id], ...change } };
  return { ...conversation, updatedAt: now, nodes };
}

/// The messages that are shown, first to last.
export function shownPath(conversation) {
  const path = [];
  for (let parent = null; ; ) {
    const followers = childrenOf(conversation, parent);
    if (followers.length === 0) return path;
    const chosen = conversation.chosen[parent ?? kRoot];
    parent = followers.includes(chosen) ? chosen : followers.at(-1);
    path.push(conversation.nodes[parent]);
  }
}

/// From the first message down to this one.
export function pathTo(conversation, id) {
  const path = [];
  for (let node = conversation.nodes[id]; node; node = conversation.nodes[node.parent]) path.unshift(node);
  return path;
}

/// `stored` with the messages from the first down to this one, of which `shown` has all; `shown` itself where nothing is
/// stored.
export function withPath(stored, shown, id) {
  if (!stored) return shown;
  const missing = pathTo(shown, id).filter((node) => !stored.nodes[node.id]);
  if (missing.length === 0) return stored;
  return { ...stored, nodes: { ...stored.nodes, ...Object.fromEntries(missing.map((node) => [node.id, node])) } };
}

/// All messages of both; where they differ, `stored` is right.
export function joined(stored, other) {
  return { ...stored, nodes: { ...other.nodes, ...stored.nodes }, chosen: { ...other.chosen, ...stored.chosen } };
}

/// Where a message stands among its siblings: { ids, index }.
export function siblingsOf(conversation, id) {
  const ids = childrenOf(conversation, conversation.nodes[id].parent);
  return { ids, index: ids.indexOf(id) };
}

/// Shows another sibling; what was last shown below it is shown again.
export function chooseMessage(conversation, id) {
  const parent = conversation.nodes[id].parent ?? kRoot;
  return { ...conversation, chosen: { ...conversation.chosen, [parent]: id } };
}

/// Two answers that stand beside each other until one of them is chosen: [left, right], if this is one of them; else null.
export function pairOf({ nodes }, id) {
  const own = nodes[id];
  const other = own && nodes[own.beside];
  if (!other || other.beside !== id || other.parent !== own.parent) return null;
  return own.side === 0 ? [own, other] : [other, own];
}

/// Ids of the messages at the end of what is shown: one, two where answers stand beside each other, or none.
export function endsOf(conversation) {
  const last = shownPath(conversation).at(-1);
  return last ? (pairOf(conversation, last.id) ?? [last]).map(({ id }) => id) : [];
}

export function titleOf(conversation) {
  if (conversation.title) return conversation.title;
  const first = childrenOf(conversation, null)[0];
  const text = first ? conversation.nodes[first].text.trim().replace(/\s+/g, ' ') : '';
  if (!text) return 'New conversation';
  return text.length > 60 ? `${text.slice(0, 59).trimEnd()}…` : text;
}

/// Does the title or any message hold all words of the query?
export function matches(conversation, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const texts = Object.values(conversation.nodes).flatMap(({ text, calls = [] }) => [text, ...calls.flatMap((call) => [call.name, call.arguments])]);
  const whole = [conversation.title, ...texts].join('\n').toLowerCase();
  return words.every((word) => whole.includes(word));
}
