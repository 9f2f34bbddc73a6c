// Edits that were begun and not sent: message id -> its new words so far. A message leaves the screen when another branch
// or conversation is shown, and must not take with it what was typed.
export const drafts = new Map();
