// The open conversation, from its first message to the last; stays at its end while the reader does.
import { Fragment } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

import { usePart } from '../keep/state.js';
import { startOf } from '../talk/context.js';
import { pairOf, shownPath } from '../talk/conversation.js';
import { Answer } from './answer.jsx';
import { Foot } from './foot.jsx';
import { Down, Mark } from './icons.jsx';
import { Pair } from './pair.jsx';
import { goToPlace, keepPlace, takePlace } from './place.js';
import { Question } from './question.jsx';

const kNear = 80; // Pixels from the end that still count as being there.
const kBeginnings = ['Tell me a story about a fox named Pip and a lantern.', 'How do you spell “lantern”?', 'What is 7 times 8?'];

const isMotionReduced = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

function Welcome({ model, onSay }) {
  return (
    <div class="welcome">
      <Mark />
      <h1>Octavo</h1>
      <p>{model ? <>You are talking to <strong>{model}</strong>.</> : 'Looking for the server.'}</p>
      <div class="beginnings">
        {kBeginnings.map((text) => <button type="button" key={text} onClick={() => onSay(text)}>{text}</button>)}
      </div>
    </div>
  );
}

function useStickyEnd(conversationId, numAsked, numTurns) {
  const scroller = useRef(null);
  const isAtEnd = useRef(true);
  const [isAway, setAway] = useState(false);
  const toEnd = (behavior = 'instant') => scroller.current.scrollTo({ top: scroller.current.scrollHeight, behavior });
  const onScroll = () => {
    const { scrollHeight, scrollTop, clientHeight } = scroller.current;
    isAtEnd.current = scrollHeight - scrollTop - clientHeight < kNear;
    setAway(!isAtEnd.current);
  };
  const isFirst = useRef(true);
  useLayoutEffect(() => {
    const place = isFirst.current ? takePlace(conversationId) : null;
    isFirst.current = false;
    isAtEnd.current = !(place && goToPlace(scroller.current, place));
    if (isAtEnd.current) toEnd();
  }, [conversationId, numAsked]);
  useEffect(() => {
    const leave = () => keepPlace(conversationId, scroller.current, isAtEnd.current);
    addEventListener('pagehide', leave);
    return () => removeEventListener('pagehide', leave);
  }, [conversationId]);
  useLayoutEffect(() => {
    if (isAtEnd.current) toEnd();
  }, [numTurns]);
  useEffect(() => {
    const watcher = new ResizeObserver(() => isAtEnd.current && toEnd());
    watcher.observe(scroller.current.firstElementChild);
    watcher.observe(scroller.current);
    return () => watcher.disconnect();
  }, []);
  /// Not the end any more, unless it is the end: what grows later shall not lead away from it.
  const toMessage = ({ messageId, takesFocus }) => {
    const message = document.getElementById(`message-${messageId}`);
    message?.scrollIntoView({ block: 'start', behavior: 'instant' });
    if (takesFocus) message?.focus({ preventScroll: true });
    onScroll();
  };
  return { scroller, onScroll, isAway, toEnd, toMessage };
}

function Start({ chat, conversation, node }) {
  return (
    <p class="start" role="note">
      The turns above are not sent any more.{' '}
      <button class="link" type="button" onClick={() => chat.conversations.changeMessage(conversation.id, node.id, { isStart: false })}>Send them again</button>
    </p>
  );
}

export function Thread({ state, chat, conversation, model, palette, isAnswering, onStop }) {
  const path = conversation ? shownPath(conversation) : [];
  // Once this tab has asked something, the next words are written here; what another tab asks takes nobody's hands off.
  const numAsked = usePart(state, (all) => all.numAsked);
  const { scroller, onScroll, isAway, toEnd, toMessage } = useStickyEnd(conversation?.id, numAsked, path.length);
  const sought = usePart(state, (all) => all.sought);
  useLayoutEffect(() => void (sought && toMessage(sought)), [sought]);
  const say = (text) => chat.say(text, path.at(-1)?.id ?? null);
  const compare = (text, settings) => chat.compare(text, path.at(-1)?.id ?? null, settings);
  const start = startOf(path);
  const last = path.at(-1);
  const pair = last && pairOf(conversation, last.id);
  return (
    <>
      <div class="scroller" ref={scroller} onScroll={onScroll} tabIndex={-1}>
        <div class="column">
          {path.length === 0 && <Welcome model={model} onSay={say} />}
          {(pair ? path.slice(0, -1) : path).map((node) => (
            <Fragment key={node.id}>
              {node.id === start && <Start chat={chat} conversation={conversation} node={node} />}
              {node.role === 'user'
                ? <Question chat={chat} conversation={conversation} node={node} />
                : <Answer state={state} chat={chat} conversation={conversation} node={node} isLast={node === last} palette={palette} />}
            </Fragment>
          ))}
          {pair && <Pair state={state} chat={chat} conversation={conversation} pair={pair} palette={palette} />}
        </div>
      </div>
      <div class="foot">
        {isAway && <button class="round to-end" type="button" title="To the end" aria-label="Go to the end" onClick={() => toEnd(isMotionReduced() ? 'instant' : 'smooth')}><Down /></button>}
        <Foot state={state} chat={chat} conversation={conversation} last={last} isPair={Boolean(pair)} focusOn={`${conversation?.id} ${numAsked}`} isAnswering={isAnswering} onSend={say} onCompare={compare} onStop={onStop} />
      </div>
    </>
  );
}
