// What was begun and not sent: key -> the words so far. A message leaves the screen when another branch or conversation is
// shown, or when the page is reloaded, and must not take with it what was typed.
const kKey = 'octavo-drafts';

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(kKey)) ?? [];
  } catch {
    return [];
  }
}

/// By the id of an edited message, and by draftKey() for what is said next in a conversation.
export const drafts = new Map(read());

export function draftKey(conversationId) {
  return `next ${conversationId ?? ''}`;
}

export function keepDrafts() {
  try {
    sessionStorage.setItem(kKey, JSON.stringify([...drafts]));
  } catch {
    // More than a browser keeps: lost with the page, as ever.
  }
}
