// A turn of a conversation as `response.create`. What the server still remembers is named, so that
// its cached blocks are used again; what it does not is sent whole.
import { wholeCalls } from '../talk/calls.js';
import { sentPath } from '../talk/context.js';
import { pathTo } from '../talk/conversation.js';
import { requestFields } from '../talk/settings.js';

const kGrace = { resume_grace_ms: 30_000 }; // As long an answer is written on without its connection, and can be come back to.
const kGoOn = 'Go on exactly where your last answer stopped, without repeating any of it.';

/// A message in words: of a result the calls that it answers, of an answer what it said and called.
function asInput({ role, text, calls, results }) {
  if (results) return results.map(({ callId, output }) => ({ type: 'function_call_output', call_id: callId, output }));
  const said = text ? [{ type: 'message', role, content: text }] : [];
  const called = wholeCalls({ calls }).map(({ callId, name, arguments: given }) => ({ type: 'function_call', call_id: callId, name, arguments: given }));
  return [...said, ...called];
}

/// More of what `responseId` wrote, from the very token where it stopped: for as long as the server remembers it.
export function continueEvent(conversation, lane, responseId) {
  const { instructions, ...fields } = requestFields(conversation.settings);
  return { type: 'response.create', stream_id: lane, ...fields, previous_response_id: responseId, octavo: { ...kGrace, prompt_token_ids: [] } };
}

/// The rest of what the page has begun to hear by another connection.
export function resumeEvent(lane, { responseId, lastNumber }) {
  return { type: 'octavo:response.resume', stream_id: lane, response_id: responseId, ...(lastNumber >= 0 ? { starting_after: lastNumber } : {}) };
}

/// The turn that answers message `userId`. `known`: answer id -> response id on this connection, of those that were given on
/// what is sent now. `begun`: the words of an answer that is to go on, and that the server has forgotten.
export function createEvent(conversation, userId, lane, known, begun = '') {
  const path = pathTo(conversation, userId);
  const previous = known.get(path.at(-2)?.id);
  const event = { type: 'response.create', stream_id: lane, ...requestFields(conversation.settings), octavo: kGrace };
  if (previous && !begun) return { ...event, previous_response_id: previous, input: asInput(path.at(-1)) };
  // An answer that never came to a word tells the model nothing.
  const input = sentPath(path).flatMap(asInput);
  if (begun) input.push(...asInput({ role: 'assistant', text: begun }), ...asInput({ role: 'user', text: kGoOn }));
  return { ...event, input };
}
