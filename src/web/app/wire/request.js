// A turn of a conversation as `response.create`. What the server still remembers is named, so that
// its cached blocks are used again; what it does not is sent whole.
import { pathTo } from '../talk/conversation.js';
import { requestFields } from '../talk/settings.js';

function asInput({ role, text }) {
  return { type: 'message', role, content: text };
}

/// The turn that answers message `userId`. `known`: answer id -> response id on this connection.
export function createEvent(conversation, userId, lane, known) {
  const path = pathTo(conversation, userId);
  const previous = known.get(path.at(-2)?.id);
  const event = { type: 'response.create', stream_id: lane, ...requestFields(conversation.settings) };
  if (previous) return { ...event, previous_response_id: previous, input: [asInput(path.at(-1))] };
  // An answer that never came to a word tells the model nothing.
  return { ...event, input: path.filter(({ text }) => text).map(asInput) };
}
