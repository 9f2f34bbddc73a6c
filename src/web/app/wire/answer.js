// One answer as its events tell it: a value that only grows. Knows the wire's event types and
// nothing of sockets or pages.
import { contentOfItems, kindOfDelta, withItemEvent } from './output_items.js';
import { isWorthTelling, progressOf } from './progress.js';

const kPhases = { thoughts: 'thinking', text: 'writing', call: 'calling' };

/// phase: waiting (nothing from the server yet), reading (accepted, no text yet), thinking, writing, calling,
/// paused (preempted), then exactly one of done, stopped, cut (length), failed.
/// `before`: what an answer that is continued has already, { text, thoughts, calls }.
export function newAnswer(now, { text = '', thoughts = '', calls = [] } = {}) {
  const before = { text, thoughts, calls };
  return { phase: 'waiting', before, items: {}, ...before, responseId: null, askedAt: now, firstAt: null, lastNumber: -1, progress: null, facts: null, error: null, code: null };
}

/// What another page needs to take it up.
export function frozen({ before, items, responseId, lastNumber, firstAt }) {
  return { before, items, responseId, lastNumber, hasBegun: firstAt !== null };
}

/// When it was asked for is not known to the other page.
export function thawed({ hasBegun: hadBegun, ...rest }) {
  return { ...newAnswer(null, rest.before), ...rest, ...contentOfItems(rest.items, rest.before), firstAt: hadBegun ? 0 : null };
}

/// The same answer before anything was heard of it.
export function asNew({ before, askedAt }) {
  return newAnswer(askedAt, before);
}

/// Has the server sent anything of it?
export function hasBegun(answer) {
  return answer.firstAt !== null;
}

/// What a conversation keeps of it.
export function contentOf({ text, thoughts, calls, facts }) {
  const counted = facts?.reasoningTokens ? { thoughtTokens: facts.reasoningTokens } : {};
  return { text, ...(thoughts ? { thoughts, ...counted } : {}), ...(calls.length > 0 ? { calls } : {}) };
}

export function isOver(answer) {
  return ['done', 'stopped', 'cut', 'failed'].includes(answer.phase);
}

function factsOf(answer, response) {
  const timings = response.octavo?.timings ?? {};
  return {
    tokensPerSecond: timings.tokens_per_s ?? null,
    serverTtftMs: timings.ttft_ms ?? null,
    seenTtftMs: answer.firstAt === null || answer.askedAt === null ? null : answer.firstAt - answer.askedAt,
    queueMs: timings.queue_ms ?? null,
    tokens: response.usage?.output_tokens ?? null,
    reasoningTokens: response.usage?.output_tokens_details?.reasoning_tokens ?? null,
    promptTokens: response.usage?.input_tokens ?? null,
    cachedTokens: response.usage?.input_tokens_details?.cached_tokens ?? null,
    preemptions: response.octavo?.preemptions ?? 0,
  };
}

function ended(answer, phase, response, { message = null, code = null } = {}) {
  return { ...answer, phase, facts: factsOf(answer, response), error: message, code };
}

export function failed(answer, message, code = null) {
  return { ...answer, phase: 'failed', error: message, code };
}

function reasonOf(response) {
  return response.incomplete_details?.reason === 'max_output_tokens' ? 'cut' : 'stopped';
}

function grown(answer, event, now) {
  const items = withItemEvent(answer.items, event);
  if (items === answer.items) return answer;
  const kind = kindOfDelta(event);
  const begun = kind ? { phase: kPhases[kind], firstAt: answer.firstAt ?? now, progress: null } : {};
  return { ...answer, items, ...contentOfItems(items, answer.before), ...begun };
}

/// Where an answer is that has been held up.
function phaseOf({ items }) {
  const last = Object.values(items).at(-1);
  return last ? kPhases[last.kind] : 'reading';
}

/// The answer after one event of its own. Events that it does not know, or has had already, leave it as it is.
export function afterEvent(answer, event, now) {
  const { sequence_number: number } = event;
  if (isOver(answer) || number <= answer.lastNumber) return answer;
  return changedBy(number === undefined ? answer : { ...answer, lastNumber: number }, event, now);
}

function withProgress(answer, event) {
  const progress = progressOf(event);
  return hasBegun(answer) || !isWorthTelling(progress, answer.progress) ? answer : { ...answer, phase: 'reading', progress };
}

function changedBy(answer, event, now) {
  switch (event.type) {
    case 'response.created':
    case 'response.in_progress':
      return { ...answer, phase: 'reading', responseId: event.response.id };
    case 'octavo:response.progress':
      return withProgress(answer, event);
    case 'octavo:response.preempted':
      return { ...answer, phase: 'paused' };
    case 'octavo:response.resumed':
      return { ...answer, phase: phaseOf(answer) };
    case 'response.completed':
      return ended(answer, 'done', event.response);
    case 'response.incomplete':
      return ended(answer, reasonOf(event.response), event.response);
    case 'response.failed':
      return ended(answer, 'failed', event.response, { message: 'the server failed', ...event.response.error });
    case 'error':
      return failed(answer, event.error?.message ?? 'the server refused the request', event.error?.code);
    default:
      return grown(answer, event, now);
  }
}
