// Whose blocks are whose: from the responses that a block names to conversations and their branches.
// A branch is a way down the tree; where it forks, the first follower goes on and every other
// begins a branch of its own.
import { childrenOf } from './conversation.js';

const known = new WeakMap();

/// Message id -> number of its branch, from 0.
export function branchesOf(conversation) {
  let branches = known.get(conversation.nodes);
  if (branches) return branches;
  branches = new Map();
  let count = 1;
  // A parent stands before its children.
  for (const { id, parent } of Object.values(conversation.nodes)) {
    const isFirst = childrenOf(conversation, parent)[0] === id;
    branches.set(id, isFirst ? branches.get(parent) ?? 0 : count++);
  }
  known.set(conversation.nodes, branches);
  return branches;
}

/// Response id -> { conversationId, nodeId, branch }, of all conversations and what is being written.
export function ownersOf(conversations, live) {
  const owners = new Map();
  for (const conversation of conversations.values()) {
    const branches = branchesOf(conversation);
    for (const { id, responseId } of Object.values(conversation.nodes)) {
      const response = live.get(id)?.answer.responseId ?? responseId;
      if (response) owners.set(response, { conversationId: conversation.id, nodeId: id, branch: branches.get(id) });
    }
  }
  return owners;
}

/// Whose a block is: [{ conversationId, branches }], and how many responses are strangers.
export function holdersOf(responses, owners) {
  const mine = new Map();
  let strangers = 0;
  for (const response of responses) {
    const owner = owners.get(response);
    if (!owner) ++strangers;
    else if (!mine.has(owner.conversationId)) mine.set(owner.conversationId, [owner.branch]);
    else if (!mine.get(owner.conversationId).includes(owner.branch)) mine.get(owner.conversationId).push(owner.branch);
  }
  return { mine: [...mine].map(([conversationId, branches]) => ({ conversationId, branches: branches.sort((a, b) => a - b) })), strangers };
}

/// The responses that are lit: an answer's own, a question's with all that follows it, or a whole
/// conversation's. Null: nothing is pointed at.
export function litResponses(lit, conversations, owners) {
  const conversation = lit && conversations.get(lit.conversationId);
  if (!conversation) return null;
  const isBelow = (nodeId) => {
    for (let node = conversation.nodes[nodeId]; node; node = conversation.nodes[node.parent]) {
      if (node.id === lit.nodeId) return true;
    }
    return false;
  };
  const isAnswer = conversation.nodes[lit.nodeId]?.role === 'assistant';
  const isMeant = ({ conversationId, nodeId }) =>
    conversationId === lit.conversationId && (!lit.nodeId || (isAnswer ? nodeId === lit.nodeId : isBelow(nodeId)));
  return new Set([...owners].filter(([, owner]) => isMeant(owner)).map(([response]) => response));
}
