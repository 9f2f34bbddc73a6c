// One answer as its events tell it: a value that only grows. Knows the wire's event types and
// nothing of sockets or pages.

/// phase: waiting (nothing from the server yet), reading (accepted, no text yet), writing, paused
/// (preempted), then exactly one of done, stopped, cut (length), failed.
/// `text`: what an answer that is continued has already.
export function newAnswer(now, text = '') {
  return { phase: 'waiting', text, responseId: null, askedAt: now, firstAt: null, facts: null, error: null, code: null };
}

/// Has the server sent anything of it?
export function hasBegun(answer) {
  return answer.firstAt !== null;
}

/// What a conversation keeps of it.
export function contentOf({ text }) {
  return { text };
}

export function isOver(answer) {
  return ['done', 'stopped', 'cut', 'failed'].includes(answer.phase);
}

function factsOf(answer, response) {
  const timings = response.octavo?.timings ?? {};
  return {
    tokensPerSecond: timings.tokens_per_s ?? null,
    serverTtftMs: timings.ttft_ms ?? null,
    seenTtftMs: answer.firstAt === null ? null : answer.firstAt - answer.askedAt,
    queueMs: timings.queue_ms ?? null,
    tokens: response.usage?.output_tokens ?? null,
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

/// The answer after one event of its own. Events it does not know leave it as it is.
export function afterEvent(answer, event, now) {
  if (isOver(answer)) return answer;
  switch (event.type) {
    case 'response.created':
    case 'response.in_progress':
      return { ...answer, phase: 'reading', responseId: event.response.id };
    case 'response.output_text.delta':
      if (event.output_index !== 0) return answer;
      return { ...answer, phase: 'writing', text: answer.text + event.delta, firstAt: answer.firstAt ?? now };
    case 'octavo:response.preempted':
      return { ...answer, phase: 'paused' };
    case 'octavo:response.resumed':
      return { ...answer, phase: answer.text ? 'writing' : 'reading' };
    case 'response.completed':
      return ended(answer, 'done', event.response);
    case 'response.incomplete':
      return ended(answer, reasonOf(event.response), event.response);
    case 'response.failed':
      return ended(answer, 'failed', event.response, { message: 'the server failed', ...event.response.error });
    case 'error':
      return failed(answer, event.error?.message ?? 'the server refused the request', event.error?.code);
    default:
      return answer;
  }
}
