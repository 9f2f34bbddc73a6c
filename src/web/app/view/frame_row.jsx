// One frame in a line; opened, all of it, and for a request the programs that would ask the same.
import { useState } from 'preact/hooks';

import { asCurl, asK6, asPython } from '../text/request_code.js';
import { CopyButton } from './copy_button.jsx';
import { Json } from './json.jsx';

const kBrief = 120;
const kArrows = { out: '↑', in: '↓', note: '·' };
const kDirections = { out: 'Sent', in: 'Received', note: 'Connection' };
const kPrograms = [['curl', asCurl], ['Python', asPython], ['k6', asK6]];
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 });

function base() {
  return new URL('v1', location.href.split('#')[0]).href;
}

function sizeWords(length) {
  return length < 10_000 ? `${length}` : `${Math.round(length / 1000).toLocaleString('en')}k`;
}

/// What of a frame fits beside its type.
function briefOf({ direction, text }, event) {
  if (direction === 'note') return text;
  if (typeof event?.delta === 'string') return JSON.stringify(event.delta.slice(0, kBrief));
  const input = Array.isArray(event?.input) ? event.input.at(-1)?.content : event?.input;
  return (typeof input === 'string' && input) || event?.error?.message || event?.response?.status || event?.topic || '';
}

function Whole({ frame, event, isCut }) {
  const isRequest = frame.direction === 'out' && event?.type === 'response.create';
  return (
    <div class="frame-whole">
      <p class="frame-acts">
        <CopyButton words="Copy JSON" label="Copy JSON" read={() => frame.text} />
        {isRequest && kPrograms.map(([name, write]) => <CopyButton key={name} words={name} label={`Copy as ${name}`} read={() => write(event, base())} />)}
      </p>
      <pre tabIndex={0} aria-label="The frame">{event ? <Json text={frame.text} /> : <code>{frame.text}</code>}</pre>
      {isCut && <p class="frames-none">Only the beginning of this frame was kept: it has {frame.length.toLocaleString('en')} characters.</p>}
    </div>
  );
}

export function FrameRow({ frame, event, type, isCut }) {
  const [isOpen, setOpen] = useState(false);
  const isNote = frame.direction === 'note';
  const line = (
    <>
      <span class="frame-arrow" aria-hidden="true">{kArrows[frame.direction]}</span>
      <span class="unseen">{kDirections[frame.direction]} </span>
      <time>{clock.format(frame.at)}</time>
      {!isNote && <span class="frame-type">{type}</span>}
      <span class="frame-brief">{String(briefOf(frame, event)).slice(0, kBrief)}</span>
      {!isNote && <span class="frame-size">{sizeWords(frame.length)}</span>}
    </>
  );
  if (isNote) return <li class="frame note"><p class="frame-line">{line}</p></li>;
  return (
    <li class={`frame ${frame.direction} ${type === 'error' || type === 'response.failed' ? 'bad' : ''}`}>
      <button class="frame-line" type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>{line}</button>
      {isOpen && <Whole frame={frame} event={event} isCut={isCut} />}
    </li>
  );
}
