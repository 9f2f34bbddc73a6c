// Where a message is written: Enter sends, Shift+Enter breaks the line, Esc stops the answer.
import { useLayoutEffect, useRef } from 'preact/hooks';

import { Send, Stop, Two } from './icons.jsx';

const kMaxHeight = 260;

export function fitHeight(area) {
  area.style.height = 'auto';
  area.style.height = `${Math.min(area.scrollHeight, kMaxHeight)}px`;
}

/// `onSend` is called with what was written, without blanks around it. `onCompare`: null while there is nothing to compare.
export function Composer({ text, focusOn, isAnswering, onText, onSend, onCompare, onStop }) {
  const area = useRef(null);
  useLayoutEffect(() => {
    // A phone's keyboard should not jump up by itself.
    if (matchMedia('(pointer: fine)').matches) area.current.focus();
  }, [focusOn]);
  useLayoutEffect(() => fitHeight(area.current), [text]);
  const isEmpty = text.trim() === '';
  const send = () => isEmpty || isAnswering || onSend(text.trim());
  const onKeyDown = (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <form class="composer" onSubmit={(event) => (event.preventDefault(), send())}>
      <textarea ref={area} rows={1} placeholder="Write a message" aria-label="Message" enterkeyhint="send" value={text} onKeyDown={onKeyDown} onInput={() => onText(area.current.value)} />
      <button class="quiet compare" type="button" title="Ask with two settings, side by side" aria-label="Ask with two settings" disabled={isAnswering || !onCompare} onClick={onCompare}><Two /></button>
      {isAnswering
        ? <button class="round stop" type="button" title="Stop (Esc)" aria-label="Stop the answer" onClick={onStop}><Stop /></button>
        : <button class="round" type="submit" title="Send (Enter)" aria-label="Send" disabled={isEmpty}><Send /></button>}
    </form>
  );
}
