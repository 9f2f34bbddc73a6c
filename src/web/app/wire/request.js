// A turn of a conversation as `response.create`. What the server still remembers is named, so that
// its cached blocks are used again; what it does not is sent whole.
import { sentPath } from '../talk/context.js';
import { pathTo } from '../talk/conversation.js';
import { requestFields } from '../talk/settings.js';

const kGoOn = 'Go on exactly where your last answer stopped, without repeating any of it.';

function asInput({ role, text }) {
  return { type: 'message', role, content: text };
}

/// More of what `responseId` wrote, from the very token where it stopped: for as long as the server remembers it.
export function continueEvent(conversation, lane, responseId) {
  const { instructions, ...fields } = requestFields(conversation.settings);
  return { type: 'response.create', stream_id: lane, ...fields, previous_response_id: responseId, octavo: { prompt_token_ids: [] } };
}

/// The turn that answers message `userId`. `known`: answer id -> response id on this connection, of those that were given on
/// what is sent now. `begun`: the words of an answer that is to go on, and that the server has forgotten.
export function createEvent(conversation, userId, lane, known, begun = '') {
  const path = pathTo(conversation, userId);
  const previous = known.get(path.at(-2)?.id);
  const event = { type: 'response.create', stream_id: lane, ...requestFields(conversation.settings) };
  if (previous && !begun) return { ...event, previous_response_id: previous, input: [asInput(path.at(-1))] };
  // An answer that never came to a word tells the model nothing.
  const input = sentPath(path).filter(({ text }) => text).map(asInput);
  if (begun) input.push(asInput({ role: 'assistant', text: begun }), asInput({ role: 'user', text: kGoOn }));
  return { ...event, input };
}
