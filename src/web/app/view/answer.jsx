// One answer: its words, what it waits for, what it cost, and what may be done with it.
import { useState } from 'preact/hooks';

import { usePart } from '../keep/state.js';
import { branchesOf } from '../talk/branches.js';
import { describeFacts } from '../text/answer_line.js';
import { Again, Check, Copy } from './icons.jsx';
import { lights } from './lights.js';
import { copyText, Prose } from './prose.jsx';
import { Siblings } from './siblings.jsx';

const kPhases = { waiting: 'Waiting for the server', reading: 'Reading', paused: 'Waiting for memory', elsewhere: 'Written in another tab' };
const kEnds = { stopped: 'Stopped', cut: 'Ended at the longest length allowed' };

function Facts({ node }) {
  if (!node.facts) return null;
  const { parts, all } = describeFacts(node.facts);
  return <span class="facts" title={all.join('\n')}>{parts.join(' · ')}</span>;
}

function CopyButton({ text }) {
  const [isDone, setDone] = useState(false);
  const copy = async () => {
    await copyText(text);
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return <button class="quiet" type="button" title="Copy" aria-label="Copy the answer" onClick={copy}>{isDone ? <Check /> : <Copy />}</button>;
}

function Waiting({ phase }) {
  const words = kPhases[phase];
  return words ? <p class={`waiting ${phase}`}><span class="pulse" aria-hidden="true" />{words}</p> : null;
}

export function Answer({ state, chat, conversation, node, palette }) {
  const own = usePart(state, ({ live }) => live.get(node.id)?.answer);
  const isElsewhere = usePart(state, ({ elsewhere }) => elsewhere.has(node.id));
  const live = own ?? (isElsewhere ? { phase: 'elsewhere', text: node.text } : null);
  const text = live ? live.text : node.text;
  const again = () => chat.askAgain(conversation.id, node.id);
  return (
    <article class={`answer ${live ? 'live' : ''}`} aria-label="Answer" aria-busy={Boolean(live)} data-phase={live ? live.phase : node.status} {...lights(chat, conversation.id, node.id)}>
      <Prose text={text} isOver={!live} />
      {live && <Waiting phase={live.phase} />}
      {!live && node.status === 'failed' && (
        <p class="failure" role="alert">{node.error ?? 'The answer failed.'} <button class="link" type="button" onClick={again}>Try again</button></p>
      )}
      {!live && (
        <footer class="turn-foot">
          <span class="told">
            {palette && <i class="hue" aria-hidden="true" style={{ background: palette.of(conversation.id, branchesOf(conversation).get(node.id)) }} />}
            {kEnds[node.status] && <span class="end">{kEnds[node.status]}</span>}
            <Facts node={node} />
          </span>
          <span class="acts">
            <Siblings chat={chat} conversation={conversation} node={node} what="answer" />
            {text && <CopyButton text={text} />}
            <button class="quiet" type="button" title="Another answer" aria-label="Ask for another answer" onClick={again}><Again /></button>
          </span>
        </footer>
      )}
    </article>
  );
}
