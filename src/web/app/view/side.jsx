// A panel beside the conversation, one at a time: its frame and heading, and where the focus goes when it is closed.
import { Close } from './icons.jsx';

/// `kind` names it: for the button that opens it (aria-controls), for the style sheet, and for people.
export function Side({ kind, title, note, tools, onLeave, children }) {
  const leave = () => {
    onLeave();
    const opener = document.querySelector(`[aria-controls="${kind}"]`);
    // On a phone it may be in the list, which is closed.
    (opener?.checkVisibility({ visibilityProperty: true }) ? opener : document.querySelector('.menu')).focus();
  };
  const onKeyDown = (event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    leave();
  };
  return (
    <aside class={`side ${kind}`} id={kind} aria-labelledby={`${kind}-title`} onKeyDown={onKeyDown}>
      <header>
        <h2 id={`${kind}-title`}>{title}</h2>
        <small>{note}</small>
        {tools}
        <button class="quiet" type="button" title="Close" aria-label={`Close the ${kind} panel`} onClick={leave}><Close /></button>
      </header>
      {children}
    </aside>
  );
}
