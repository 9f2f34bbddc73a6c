// Where the reader of a conversation was when the page was reloaded: which turn stood at the upper edge, and how far above.
const kKey = 'octavo-place';

export function keepPlace(conversationId, scroller, isAtEnd) {
  const turns = [...scroller.firstElementChild.children];
  const { top } = scroller.getBoundingClientRect();
  const turn = isAtEnd ? -1 : turns.findIndex((each) => each.getBoundingClientRect().bottom > top);
  const place = turn < 0 ? null : { conversationId, turn, above: top - turns[turn].getBoundingClientRect().top };
  sessionStorage.setItem(kKey, JSON.stringify(place));
}

/// Once for a page: its place, if it is in this conversation.
export function takePlace(conversationId) {
  const place = JSON.parse(sessionStorage.getItem(kKey));
  sessionStorage.removeItem(kKey);
  return place?.conversationId === conversationId ? place : null;
}

/// False when there is no such turn any more.
export function goToPlace(scroller, { turn, above }) {
  const element = scroller.firstElementChild.children[turn];
  if (!element) return false;
  scroller.scrollTop += element.getBoundingClientRect().top - scroller.getBoundingClientRect().top + above;
  return true;
}
