// What the branches of one conversation take of the memory, and how much of it they have in common.
import { branchesOf } from './branches.js';

/// The newest answer of every branch: [{ branch, nodeId, response }], by branch. `live`: what is being written.
function newestAnswers(conversation, live) {
  const newest = [];
  for (const [id, branch] of branchesOf(conversation)) {
    const node = conversation.nodes[id];
    const response = live.get(id)?.answer.responseId ?? node.responseId;
    if (node.role === 'assistant' && response) newest[branch] = { branch, nodeId: id, response };
  }
  return newest.filter(Boolean);
}

/// For each branch that was answered: { branch, nodeId: its newest answer, numBlocks: that answer's
/// blocks in all tiers, numShared: those of them that another branch's newest answer has too }.
export function sharesOf(conversation, live, tiers) {
  const shares = newestAnswers(conversation, live).map((each) => ({ ...each, numBlocks: 0, numShared: 0 }));
  const holders = new WeakMap(); // Blocks that were told of together have one list of responses.
  for (const tier of tiers) {
    for (const responses of tier.responses) {
      let mine = holders.get(responses);
      if (!mine) holders.set(responses, (mine = shares.filter(({ response }) => responses.includes(response))));
      for (const share of mine) {
        share.numBlocks += 1;
        share.numShared += mine.length > 1 ? 1 : 0;
      }
    }
  }
  return shares;
}
