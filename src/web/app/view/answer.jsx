// One answer: its words, what it waits for, what it cost, and what may be done with it.
import { usePart } from '../keep/state.js';
import { branchesOf } from '../talk/branches.js';
import { startAfterTrimming } from '../talk/context.js';
import { describeFacts } from '../text/answer_line.js';
import { Calls } from './calls.jsx';
import { CopyButton } from './copy_button.jsx';
import { Again } from './icons.jsx';
import { lights } from './lights.js';
import { Prose } from './prose.jsx';
import { Siblings } from './siblings.jsx';
import { Thoughts } from './thoughts.jsx';
import { Waiting } from './waiting.jsx';

const kEnds = { stopped: 'Stopped', cut: 'Ended at the longest length allowed', full: 'Ended where the context was full' };
const kTooLong = ['context_length_exceeded', 'message_too_large'];
const kHopeless = [...kTooLong, 'message_refused']; // The same again would end the same.

function Facts({ node }) {
  if (!node.facts) return null;
  const { parts, all } = describeFacts(node.facts);
  return <span class="facts" title={all.join('\n')}>{parts.join(' · ')}</span>;
}

/// Did an answer end because the context had no room for more of it?
function isFull({ status, facts }, contextLength) {
  return status === 'cut' && contextLength !== null && facts?.promptTokens + facts?.tokens >= contextLength;
}

/// What can be done about a conversation that the model cannot read any more: the same again would fail the same.
function TooLong({ chat, conversation, node, contextLength }) {
  const canTrim = startAfterTrimming(conversation, contextLength, node.id) !== null;
  const holder = node.code === 'message_too_large' ? 'what the server takes at once' : `the model's context of ${contextLength?.toLocaleString('en') ?? 'its'} tokens`;
  const trim = () => {
    chat.trim(conversation.id, node.id);
    if (node.text) chat.continueAnswer(conversation.id, node.id);
    else chat.askAgain(conversation.id, node.id);
  };
  if (!canTrim) return <p class="failure" role="alert">This message does not fit into {holder}. Edit it to be shorter, or send it in parts.</p>;
  return (
    <p class="failure" role="alert">
      This conversation does not fit into {holder} any more.{' '}
      <button class="link" type="button" onClick={trim}>Leave out the oldest turns</button>{' '}
      <button class="link" type="button" onClick={() => chat.beginFrom(conversation.id, node.id)}>New conversation from here</button>
    </p>
  );
}

function Failure({ chat, conversation, node, isLast, contextLength }) {
  if (kTooLong.includes(node.code)) return <TooLong chat={chat} conversation={conversation} node={node} contextLength={contextLength} />;
  const isSensible = !kHopeless.includes(node.code);
  return (
    <p class="failure" role="alert">
      {node.error ?? 'The answer failed.'}{' '}
      {isSensible && <button class="link" type="button" onClick={() => chat.askAgain(conversation.id, node.id)}>Try again</button>}{' '}
      {isSensible && isLast && node.text && <button class="link" type="button" onClick={() => chat.continueAnswer(conversation.id, node.id)}>Continue</button>}
    </p>
  );
}

/// For an answer that has an end, but not its own.
function Continue({ chat, conversation, node, contextLength }) {
  if (!isFull(node, contextLength)) return <button class="link" type="button" onClick={() => chat.continueAnswer(conversation.id, node.id)}>Continue</button>;
  if (startAfterTrimming(conversation, contextLength, node.id) === null) return null;
  const goOn = () => {
    chat.trim(conversation.id, node.id);
    chat.continueAnswer(conversation.id, node.id);
  };
  return <button class="link" type="button" onClick={goOn}>Leave out the oldest turns and continue</button>;
}

export function Answer({ state, chat, conversation, node, isLast, isBeside, palette }) {
  const contextLength = usePart(state, (all) => all.contextLength);
  const own = usePart(state, ({ live }) => live.get(node.id)?.answer);
  const isElsewhere = usePart(state, ({ elsewhere }) => elsewhere.has(node.id));
  const live = own ?? (isElsewhere ? { phase: 'elsewhere', text: node.text, thoughts: node.thoughts, calls: node.calls } : null);
  const { text, thoughts, calls = [] } = live ?? node;
  const give = isLast && !isBeside && !live ? (outputs) => chat.giveResults(conversation.id, node.id, outputs) : null;
  const again = () => chat.askAgain(conversation.id, node.id);
  return (
    <article class={`answer ${live ? 'live' : ''}`} id={`message-${node.id}`} tabIndex={-1} aria-label="Answer" aria-busy={Boolean(live)} data-phase={live ? live.phase : node.status} {...lights(chat, conversation.id, node.id)}>
      {thoughts && <Thoughts text={thoughts} isOver={!live || Boolean(text)} isLive={live?.phase === 'thinking'} numTokens={node.thoughtTokens} />}
      <Prose text={text} isOver={!live} />
      {calls.length > 0 && <Calls node={node} calls={calls} onSend={give} />}
      {live && <Waiting phase={live.phase} progress={live.progress} />}
      {!live && node.status === 'failed' && <Failure chat={chat} conversation={conversation} node={node} isLast={isLast} contextLength={contextLength} />}
      {!live && (
        <footer class="turn-foot">
          <span class="told">
            {palette && <i class="hue" aria-hidden="true" style={{ background: palette.of(conversation.id, branchesOf(conversation).get(node.id)) }} />}
            {kEnds[node.status] && <span class="end">{kEnds[isFull(node, contextLength) ? 'full' : node.status]}</span>}
            {kEnds[node.status] && isLast && text && <Continue chat={chat} conversation={conversation} node={node} contextLength={contextLength} />}
            <Facts node={node} />
          </span>
          <span class="acts">
            {!isBeside && <Siblings chat={chat} conversation={conversation} node={node} what="answer" />}
            {text && <CopyButton label="Copy the answer" read={() => text} />}
            {!kHopeless.includes(node.code) && <button class="quiet" type="button" title="Another answer" aria-label="Ask for another answer" onClick={again}><Again /></button>}
          </span>
        </footer>
      )}
    </article>
  );
}
