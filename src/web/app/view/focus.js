// Where the focus goes when the control that had it has left the page: else the next key would begin at the top.

/// With a finger, the field for the next message would bring up a keyboard that nobody asked for.
function resting() {
  return document.querySelector(matchMedia('(pointer: fine)').matches ? '.composer textarea' : '.scroller');
}

/// From now on, a control that goes while it has the focus leaves it to the place where one goes on.
export function keepFocus() {
  let last = null;
  addEventListener('focusin', ({ target }) => (last = target));
  const look = () => {
    if (!last || last.isConnected) return;
    last = null;
    if (document.activeElement === document.body && !document.querySelector('dialog[open]')) resting()?.focus({ preventScroll: true });
  };
  // What is drawn anew may take the focus itself, in the same breath.
  new MutationObserver(() => last?.isConnected === false && requestAnimationFrame(look)).observe(document.body, { childList: true, subtree: true });
}

/// Gives the focus to the first of these that is there and can take it, once what was just done is drawn.
export function focusNext(...selectors) {
  requestAnimationFrame(() => requestAnimationFrame(() => selectors.map((selector) => document.querySelector(selector)).find(Boolean)?.focus()));
}
