// The address of the open conversation: its id after the #. A reload stays there, a link leads there, and the browser's
// Back and Forward go from one conversation to another.

/// The id that the address names; null for none.
export function idInAddress() {
  return location.hash.slice(1) || null;
}

function addressOf(id) {
  return id ? `#${id}` : location.pathname + location.search;
}

/// Keeps the address and what is shown the same. `open(id)` shows what the address has come to name.
export function followAddress(state, open) {
  let last = state.value.current;
  addEventListener('hashchange', () => open(idInAddress()));
  state.watch(({ current, conversations }) => {
    if (current === last) return;
    const canGoBack = conversations.has(last); // Not to one that was deleted, and not to a page that became this conversation.
    last = current;
    if (idInAddress() === current) return;
    if (canGoBack) history.pushState(null, '', addressOf(current));
    else history.replaceState(null, '', addressOf(current));
  });
}
