// Arrows between the versions of a message: 1/2.
import { siblingsOf } from '../talk/conversation.js';
import { focusNext } from './focus.js';
import { Left, Right } from './icons.jsx';

export function Siblings({ chat, conversation, node, what }) {
  const { ids, index } = siblingsOf(conversation, node.id);
  if (ids.length < 2) return null;
  const show = (step) => {
    const next = ids[index + step];
    chat.conversations.show(conversation.id, next);
    // The other version has arrows of its own.
    const arrow = (name) => `#message-${next} [aria-label="${name} ${what}"]:enabled`;
    focusNext(...(step > 0 ? [arrow('Next'), arrow('Previous')] : [arrow('Previous'), arrow('Next')]));
  };
  return (
    <span class="siblings" role="group" aria-label={`Versions of this ${what}`}>
      <button class="quiet" type="button" disabled={index === 0} aria-label={`Previous ${what}`} onClick={() => show(-1)}><Left /></button>
      <span>{index + 1}/{ids.length}</span>
      <button class="quiet" type="button" disabled={index === ids.length - 1} aria-label={`Next ${what}`} onClick={() => show(1)}><Right /></button>
    </span>
  );
}
