// Every frame that this page sends and gets, the newest last, for those who write a client or wonder what is going on.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

import { usePart } from '../keep/state.js';
import { FrameReader } from '../wire/frame_reader.js';
import { FrameRow } from './frame_row.jsx';
import { Side } from './side.jsx';

const kShown = 300; // Of the newest; more on demand.
const kNear = 40; // Pixels from the end that still count as being there.
const kNothing = [];

function counted(values) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts];
}

/// One of what there is; what was chosen stays in the list when its last frame has gone.
function Filter({ label, all, chosen, values, onChoose }) {
  const counts = counted(values);
  if (chosen && !counts.some(([value]) => value === chosen)) counts.push([chosen, 0]);
  return (
    <select aria-label={label} value={chosen} onChange={(event) => onChoose(event.target.value)}>
      <option value="">{all}</option>
      {counts.map(([value, count]) => <option key={value} value={value}>{`${value} (${count})`}</option>)}
    </select>
  );
}

function useFrames(state, inspector) {
  useEffect(() => {
    inspector.watch(true);
    return () => inspector.watch(false);
  }, [inspector]);
  return usePart(state, ({ frames }) => frames)?.all ?? kNothing;
}

/// Stays at the end while the reader does.
function useEnd(last) {
  const list = useRef(null);
  const isAtEnd = useRef(true);
  const onScroll = () => {
    const { scrollHeight, scrollTop, clientHeight } = list.current;
    isAtEnd.current = scrollHeight - scrollTop - clientHeight < kNear;
  };
  useLayoutEffect(() => {
    if (isAtEnd.current) list.current.scrollTop = list.current.scrollHeight;
  }, [last]);
  return { list, onScroll };
}

export function ProtocolPanel({ state, chat, onLeave }) {
  const current = useFrames(state, chat.inspector);
  const [held, setHeld] = useState(null); // What is shown while it is paused.
  const [type, setType] = useState('');
  const [response, setResponse] = useState('');
  const [numShown, setNumShown] = useState(kShown);
  const reader = useRef(null);
  reader.current ??= new FrameReader();
  reader.current.read(current);
  const frames = held ?? current;
  const facts = frames.map((frame) => ({ frame, ...reader.current.of(frame) }));
  const fitting = facts.filter((each) => (!type || each.type === type) && (!response || each.responseId === response));
  const shown = fitting.slice(-numShown);
  const { list, onScroll } = useEnd(shown.at(-1)?.frame.n);
  const clear = () => {
    setHeld(null);
    chat.inspector.clear();
  };
  const numNew = held ? current.filter(({ n }) => n > (held.at(-1)?.n ?? 0)).length : 0;
  return (
    <Side kind="protocol" title="Protocol" note={`${fitting.length === frames.length ? '' : `${fitting.length.toLocaleString('en')} of `}${frames.length.toLocaleString('en')} frames`} onLeave={onLeave}>
      <div class="filters">
        <Filter label="Type of frame" all="All types" chosen={type} values={facts.map((each) => each.type)} onChoose={setType} />
        <Filter label="Response" all="All responses" chosen={response} values={facts.map((each) => each.responseId).filter(Boolean)} onChoose={setResponse} />
        <button class="copy" type="button" aria-pressed={held !== null} onClick={() => setHeld(held ? null : [...current])}>{held ? `Go on${numNew ? ` (${numNew} new)` : ''}` : 'Pause'}</button>
        <button class="copy" type="button" onClick={clear}>Clear</button>
      </div>
      <ol class="frames" ref={list} aria-label="Frames, the newest last" tabIndex={0} onScroll={onScroll}>
        {fitting.length > shown.length && <li class="frames-more"><button class="link" type="button" onClick={() => setNumShown(numShown + kShown)}>Show earlier frames</button></li>}
        {shown.map((each) => <FrameRow key={each.frame.n} {...each} />)}
        {shown.length === 0 && <li class="frames-none">{frames.length === 0 ? 'Nothing has been sent yet.' : 'No frame is like that.'}</li>}
      </ol>
    </Side>
  );
}
