// For those who do not see the page, or have no mouse: ways past the list of conversations, and what is read out.
import { useEffect, useState } from 'preact/hooks';

export function Skips() {
  const to = (selector) => () => document.querySelector(selector).focus();
  return (
    <div class="skips">
      <button class="unseen skip" type="button" onClick={to('.scroller')}>Skip to the conversation</button>
      <button class="unseen skip" type="button" onClick={to('.composer textarea')}>Skip to the message field</button>
    </div>
  );
}

/// Read out by screen readers, one after the other; two answers may end at once.
export function Said({ said }) {
  const [all, setAll] = useState([]);
  useEffect(() => void (said && setAll((before) => [...before.slice(-1), said])), [said]);
  return <div class="unseen" role="log" aria-live="polite" aria-label="What the page says">{all.map((each) => <p key={each}>{each.words}</p>)}</div>;
}
