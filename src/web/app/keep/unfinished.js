// What had been written of an answer when its page was closed, for the next page of this browser. The shelf is written
// now and then, and not surely at the end; this is written at once.
import { newId } from '../talk/conversation.js';

const kPrefix = 'octavo-unfinished-';

export function keepUnfinished(answer) {
  try {
    localStorage.setItem(kPrefix + newId(), JSON.stringify(answer));
  } catch {
    // Full, or refused: then what the shelf has must do.
  }
}

/// All that is kept: [key, { conversationId, answerId, text, thoughts }] each.
export function unfinished() {
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(kPrefix));
  return keys.map((key) => [key, JSON.parse(localStorage.getItem(key))]);
}

export function forgetUnfinished(key) {
  localStorage.removeItem(key);
}
