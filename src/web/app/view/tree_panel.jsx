// The whole tree of the open conversation: every message with its branches, which of them are shown, and a way to each.
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';

import { usePart } from '../keep/state.js';
import { shownPath } from '../talk/conversation.js';
import { keyInTree, kShownLine, rowsOf } from '../talk/tree_rows.js';
import { Right } from './icons.jsx';
import { lights } from './lights.js';
import { Side } from './side.jsx';

const kWords = 160; // Characters of a message that a row can show at most.
const kLanes = 10; // Lanes of the usual width; more of them are narrower.
const kLaneRem = 0.95;

function Rails({ row, width }) {
  const halves = row.rails.flatMap((rail, lane) => ['up', 'down'].filter((half) => rail?.[half]).map((half) => ({ lane, half, kind: rail[half] })));
  return (
    <span class="rails" aria-hidden="true" style={{ width: `${width}rem` }}>
      {row.isBranch && <i class={`bend ${row.isShown ? 'shown' : ''}`} style={{ '--lane': row.lane }} />}
      {halves.map(({ lane, half, kind }) => <i key={`${half}${lane}`} class={`rail ${half} ${kind === kShownLine ? 'shown' : ''}`} style={{ '--lane': lane }} />)}
      <i class="dot" style={{ '--lane': row.lane }} />
    </span>
  );
}

function wordsOf({ text, calls, status }) {
  if (!text && calls?.length > 0) return `calls ${calls.map(({ name }) => name).join(', ')}`;
  const words = text.slice(0, 4 * kWords).trim().replace(/\s+/g, ' ').slice(0, kWords);
  return words || (status === 'failed' ? 'failed' : 'no words yet');
}

function Row({ chat, conversation, row, width, isAt, isLive, onGo, onFold }) {
  const node = conversation.nodes[row.id];
  const fold = (event) => (event.stopPropagation(), onFold());
  return (
    <div class={`tree-row ${node.role} ${row.isShown ? 'shown' : ''}`} role="treeitem" id={`row-${row.id}`} tabIndex={isAt ? 0 : -1}
      aria-level={row.level} aria-posinset={row.position} aria-setsize={row.setSize} aria-selected={row.isShown} aria-expanded={row.hasMore ? !row.isFolded : undefined}
      onClick={onGo} {...lights(chat, conversation.id, row.id)}>
      <Rails row={row} width={width} />
      {isLive && <span class="pulse" role="img" aria-label="being written" />}
      <span class="tree-words"><span class="unseen">{node.role === 'user' ? 'Message: ' : 'Answer: '}</span>{wordsOf(node)}</span>
      {row.isFolded && <span class="tree-hidden">{row.numHidden}<span class="unseen"> messages folded away</span></span>}
      {row.hasMore && <span class="fold" aria-hidden="true" title={row.isFolded ? 'Unfold' : 'Fold'} onClick={fold}><Right /></span>}
    </div>
  );
}

/// The row that the keys start from: where they were last, else the end of what is shown.
function useAt(rows, conversation) {
  const [id, setId] = useState(null);
  const last = shownPath(conversation).at(-1)?.id;
  const find = (wanted) => rows.findIndex((row) => row.id === wanted);
  const own = find(id);
  const at = own >= 0 ? own : Math.max(find(last), 0);
  return [at, (row) => setId(rows[row].id)];
}

function Tree({ state, chat, conversation, isAsked }) {
  const tree = useRef(null);
  const [folded, setFolded] = useState(new Set());
  const liveIds = usePart(state, ({ live, elsewhere }) => [...live.keys(), ...elsewhere.keys()].join());
  const rows = useMemo(() => rowsOf(conversation, folded), [conversation, folded]);
  const [at, setAt] = useAt(rows, conversation);
  const last = shownPath(conversation).at(-1)?.id;
  const numLanes = 1 + Math.max(...rows.map(({ lane }) => lane));
  const lane = kLaneRem * Math.min(1, kLanes / numLanes);
  const element = (id) => tree.current.querySelector(`#row-${CSS.escape(id)}`);
  useLayoutEffect(() => element(last)?.scrollIntoView({ block: 'nearest' }), [conversation.id, last]);
  useLayoutEffect(() => void (isAsked && element(rows[at].id).focus()), []);

  const fold = (row, isWished) => {
    const next = new Set(folded);
    if (isWished) next.add(rows[row].id);
    else next.delete(rows[row].id);
    setFolded(next);
  };
  const focus = (row) => {
    setAt(row);
    element(rows[row].id).focus();
  };
  const go = (row, takesFocus) => {
    setAt(row);
    chat.conversations.goTo(conversation.id, rows[row].id, takesFocus);
  };
  const onKeyDown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Enter' || event.key === ' ') go(at, event.key === 'Enter');
    const step = keyInTree(rows, at, event.key);
    if (step?.to !== undefined) focus(step.to);
    if (step?.fold !== undefined) fold(step.fold, true);
    if (step?.unfold !== undefined) fold(step.unfold, false);
    if (step || event.key === 'Enter' || event.key === ' ') event.preventDefault();
  };
  return (
    <div class="tree-rows" ref={tree} role="tree" aria-labelledby="tree-title" aria-multiselectable="true" style={{ '--pitch': `${lane}rem` }} onKeyDown={onKeyDown}>
      {rows.map((row, i) => (
        <Row key={row.id} chat={chat} conversation={conversation} row={row} width={(numLanes + 0.35) * lane} isAt={i === at} isLive={liveIds.includes(row.id)}
          onGo={() => go(i, false)} onFold={() => fold(i, !row.isFolded)} />
      ))}
    </div>
  );
}

function describe(conversation) {
  const nodes = Object.values(conversation?.nodes ?? {});
  const parents = new Set(nodes.map(({ parent }) => parent));
  const numEnds = nodes.filter(({ id }) => !parents.has(id)).length;
  return nodes.length === 0 ? '' : `${nodes.length.toLocaleString('en')} messages, ${numEnds === 1 ? 'one branch' : `${numEnds.toLocaleString('en')} branches`}`;
}

/// `isAsked`: somebody has just opened it, and the keys are for it.
export function TreePanel({ state, chat, conversation, isAsked, onLeave }) {
  const note = useMemo(() => describe(conversation), [conversation]);
  return (
    <Side kind="tree" title="Tree" note={note} onLeave={onLeave}>
      {note ? <Tree key={conversation.id} state={state} chat={chat} conversation={conversation} isAsked={isAsked} /> : <p class="tree-none">There is nothing yet. Every message and every version of it will stand here.</p>}
    </Side>
  );
}
