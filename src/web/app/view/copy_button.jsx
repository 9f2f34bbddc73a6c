// A button that copies, and says for a moment that it has.
import { useState } from 'preact/hooks';

import { Check, Copy } from './icons.jsx';

const kSaidMs = 1500;

/// Also where the clipboard's interface is missing: pages over plain http from another machine.
export async function copyText(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}

/// `read()`: what is to be copied. With `words` a button of words, else one with a picture.
export function CopyButton({ read, label, words }) {
  const [isDone, setDone] = useState(false);
  const copy = async () => {
    await copyText(read());
    setDone(true);
    setTimeout(() => setDone(false), kSaidMs);
  };
  if (words) return <button class="copy" type="button" aria-label={label} onClick={copy}>{isDone ? 'Copied' : words}</button>;
  return <button class="quiet" type="button" title="Copy" aria-label={label} onClick={copy}>{isDone ? <Check /> : <Copy />}</button>;
}
