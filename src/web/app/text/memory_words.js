// The picture of the memory in words: for those who point at a block, and for those who do not see.
import { titleOf } from '../talk/conversation.js';
import { kCached, kInTransfer, kOwned } from '../wire/block_map.js';

const kTierNames = { device: 'Device', host: 'Host' };

function counted(number, one, many = `${one}s`) {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}

function listed(parts) {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

/// One sentence about a tier.
export function tierWords(name, { length }, { owned, cached, inTransfer, shared }) {
  const parts = [`${owned.toLocaleString('en')} of ${counted(length, 'block')} in use`];
  if (shared) parts.push(`${shared.toLocaleString('en')} shared`);
  if (cached) parts.push(`${cached.toLocaleString('en')} kept for later`);
  if (inTransfer) parts.push(`${inTransfer.toLocaleString('en')} on the move`);
  return `${kTierNames[name]}: ${parts.join(', ')}`;
}

function stateWords(state, holders) {
  if (state === kOwned) return holders > 1 ? `in use, shared by ${holders} sequences` : 'in use by one sequence';
  if (state === kCached) return 'kept for later';
  return state === kInTransfer ? 'on the move between the tiers' : 'free';
}

function ownerWords({ mine, strangers }, conversations) {
  const parts = mine.map(({ conversationId, branches }) => {
    const where = branches.length > 1 ? ` (branches ${listed(branches.map((branch) => branch + 1))})` : branches[0] > 0 ? ` (branch ${branches[0] + 1})` : '';
    return `“${titleOf(conversations.get(conversationId))}”${where}`;
  });
  if (strangers > 0) parts.push(counted(strangers, "response that is not this page's", "responses that are not this page's"));
  return listed(parts);
}

/// One block. `holders`: what holdersOf() says of its responses.
export function blockWords(name, tier, index, step, holders, conversations) {
  const state = tier.states[index];
  const parts = [`${kTierNames[name]} block ${index.toLocaleString('en')}: ${stateWords(state, tier.holders[index])}`];
  if (state === 0) return parts[0];
  const owners = ownerWords(holders, conversations);
  if (owners) parts.push(owners);
  const age = step - tier.lastUsed[index];
  parts.push(age > 0 ? `last taken ${counted(age, 'step')} ago` : 'taken in the last step');
  return parts.join(' · ');
}

/// What a branch takes of the memory.
export function shareWords({ numBlocks, numShared }) {
  if (numBlocks === 0) return 'no blocks';
  return `${counted(numBlocks, 'block')}, ${numShared.toLocaleString('en')} shared`;
}

export function loadWords({ running, waiting, preempted, tokens_per_s, device_usage, host_usage }, hasHost) {
  const percent = (share) => `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
  const parts = [`${running} running`, `${waiting} waiting`];
  if (preempted) parts.push(`${preempted} paused`);
  parts.push(`${Math.round(tokens_per_s).toLocaleString('en')} tokens/s`, `${percent(device_usage)} of the device`);
  if (hasHost) parts.push(`${percent(host_usage)} of the host`);
  return parts;
}

/// The line of a number over time, or the area below it, as an SVG path `width` by `height`; the
/// newest sample at the right.
export function sparkline(samples, pick, { width, height, windowMs, max, isArea }) {
  if (samples.length === 0) return '';
  const end = samples.at(-1).at;
  const top = Math.max(max ?? 0, ...samples.map(pick)) || 1;
  const x = (at) => (width * Math.max(0, 1 - (end - at) / windowMs)).toFixed(1);
  const y = (value) => (height * (1 - value / top)).toFixed(1);
  const first = samples[0];
  const lines = samples.slice(1).map((each) => `H${x(each.at)}V${y(pick(each))}`);
  return `M${x(first.at)} ${y(pick(first))}${lines.join('')}${isArea ? `V${height}H${x(first.at)}Z` : ''}`;
}
