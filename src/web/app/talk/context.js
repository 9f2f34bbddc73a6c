// How much of the model's context a conversation takes, and what to leave out when it becomes too much. The server counts
// exactly, but only with an answer; until then tokens are estimated from bytes, as the last answer's count has taught.
import { pathTo, shownPath } from './conversation.js';

const kBytesPerToken = 4; // About right for most languages and vocabularies, while nothing better is known.
const kTokensPerMessage = 5; // What a chat template puts round one.
const kTrimmedShare = 0.5; // The part of the context that is kept when the oldest turns are left out.
const encoder = new TextEncoder();
const sizes = new WeakMap(); // Message -> bytes of its text; messages are never changed.

export function bytesOf(text) {
  return encoder.encode(text).length;
}

/// The messages of a path that are sent: from the last one on that was marked as a start.
export function sentPath(path) {
  const start = path.findLastIndex(({ isStart }) => isStart);
  return start < 0 ? path : path.slice(start);
}

/// The id of the message that this path is sent from; null for all of it.
export function startOf(path) {
  return path.findLast(({ isStart }) => isStart)?.id ?? null;
}

function sizeOf(message) {
  if (!sizes.has(message)) sizes.set(message, bytesOf(message.text + (message.calls ? JSON.stringify(message.calls) : '')));
  return sizes.get(message);
}

function sumOfBytes(path) {
  return path.reduce((sum, message) => sum + sizeOf(message), 0);
}

/// The last answer whose count is about the messages that are sent now: { tokens, at }, `at` its index in `sent`.
function lastCount(sent, start) {
  const at = sent.findLastIndex(({ facts, from }) => facts?.promptTokens && (from ?? null) === start);
  return at < 0 ? null : { at, tokens: sent[at].facts.promptTokens + (sent[at].facts.tokens ?? 0) };
}

function bytesPerToken(path) {
  const at = path.findLastIndex(({ facts, from }) => facts?.promptTokens && !from);
  if (at < 0) return kBytesPerToken;
  const { promptTokens, tokens } = path[at].facts;
  const bytes = sumOfBytes(path.slice(0, at + 1));
  return bytes < 200 ? kBytesPerToken : bytes / (promptTokens + tokens);
}

function estimate(messages, perToken) {
  return kTokensPerMessage * messages.length + sumOfBytes(messages) / perToken;
}

/// { used, isExact, perToken }: the tokens of what is shown, and how many bytes one takes here.
export function usageOf(conversation) {
  const path = conversation ? shownPath(conversation) : [];
  const sent = sentPath(path);
  const perToken = bytesPerToken(path);
  const count = lastCount(sent, startOf(path));
  const after = count ? sent.slice(count.at + 1) : sent;
  const system = count ? 0 : bytesOf(conversation?.settings.system ?? '') / perToken;
  return { used: Math.round((count?.tokens ?? 0) + system + estimate(after, perToken)), isExact: Boolean(count) && after.length === 0, perToken };
}

export function tokensOf(text, perToken = kBytesPerToken) {
  return Math.ceil(bytesOf(text) / perToken);
}

/// The question that the conversation would be sent from, so that what remains takes half of the context and of the bytes
/// that the server takes at once, or at least less than now; null where there is nothing that could be left out.
export function startAfterTrimming(conversation, contextLength, lastId = shownPath(conversation).at(-1)?.id, maxBytes = Infinity) {
  const path = lastId ? pathTo(conversation, lastId) : [];
  const sent = sentPath(path);
  const perToken = bytesPerToken(path);
  const first = sent.findIndex(({ role }) => role === 'user');
  let start = null;
  let numBytes = 0;
  for (let i = sent.length - 1; i > first; --i) {
    numBytes += sizeOf(sent[i]);
    const numTokens = numBytes / perToken + kTokensPerMessage * (sent.length - i);
    const fits = numTokens <= kTrimmedShare * contextLength && numBytes <= kTrimmedShare * maxBytes;
    // A result is nothing without its call.
    if (sent[i].role === 'user' && !sent[i].results && (fits || start === null)) start = sent[i].id;
    if (!fits && start !== null) break;
  }
  return start;
}
