// JSON in lines and colours.
import { useMemo } from 'preact/hooks';

import { jsonParts } from '../text/json_text.js';

const kMaxColoured = 60_000; // Characters; more would be too many pieces for a page.
const kClasses = { key: 'hljs-attr', string: 'hljs-string', number: 'hljs-number', literal: 'hljs-literal' };

export function Json({ text }) {
  const parts = useMemo(() => jsonParts(text), [text]);
  if (text.length > kMaxColoured) return <code>{parts.map((part) => part.text).join('')}</code>;
  return <code>{parts.map((part, i) => (part.kind ? <span key={i} class={kClasses[part.kind]}>{part.text}</span> : part.text))}</code>;
}
