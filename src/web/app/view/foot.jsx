// Below the thread: where the next message is written, and how much room there is for it.
import { useLayoutEffect, useMemo, useState } from 'preact/hooks';

import { usePart } from '../keep/state.js';
import { bytesOf, startAfterTrimming, tokensOf, usageOf } from '../talk/context.js';
import { CompareDialog } from './compare_dialog.jsx';
import { Composer } from './composer.jsx';
import { draftKey, drafts } from './drafts.js';

const kNearlyFull = 0.8; // Shares of the context.
const kWorthShowing = 0.05;
const kFrameBytes = 200; // About what stands round a message when it is sent.
const kTokensPerLook = 16; // An answer that is being written is measured this often.

const counted = (number) => number.toLocaleString('en');

function Meter({ used, isExact, contextLength }) {
  const share = Math.min(1, used / contextLength);
  const words = `${isExact ? '' : 'about '}${counted(used)} of ${counted(contextLength)} tokens`;
  return (
    <p class={`meter ${share >= kNearlyFull ? 'high' : ''}`} role="meter" aria-label="Context in use" aria-valuemin={0} aria-valuemax={contextLength} aria-valuenow={Math.min(used, contextLength)} aria-valuetext={words}
      title="How much of what the model can read at once this conversation takes">
      <span class="meter-bar" aria-hidden="true"><i style={{ width: `${100 * share}%` }} /></span>
      <span>{words} of context</span>
    </p>
  );
}

/// What can be done before the context is full.
function Room({ chat, conversation, last, used, contextLength }) {
  const canTrim = startAfterTrimming(conversation, contextLength) !== null;
  return (
    <div class="room" role="status">
      <span>{used >= contextLength ? 'The context is full.' : 'The context is nearly full.'}</span>
      {canTrim && <button class="link" type="button" onClick={() => chat.trim(conversation.id, last.id)}>Leave out the oldest turns</button>}
      {last.role === 'assistant' && <button class="link" type="button" onClick={() => chat.beginFrom(conversation.id, last.id)}>New conversation from here</button>}
    </div>
  );
}

function Refusal({ words, onAnyway }) {
  return <p class="failure" role="alert">{words} {onAnyway && <button class="link" type="button" onClick={onAnyway}>Send it anyway</button>}</p>;
}

/// Why a message cannot be sent; null when it can. Tokens are estimated, so that is not the last word.
function refusalOf(text, { contextLength, perToken, refusedBytes }) {
  if (bytesOf(text) + kFrameBytes >= refusedBytes) return { words: 'This message is larger than the server takes. Shorten it, or send it in parts.', isSure: true };
  const tokens = tokensOf(text, perToken);
  if (!contextLength || tokens < contextLength) return null;
  return { words: `This message is about ${counted(tokens)} tokens long, and the model reads ${counted(contextLength)} at most. Shorten it, or send it in parts.`, isSure: false };
}

/// Tokens of an answer that have come since it was last kept.
function numTokensSince(answer, node, perToken) {
  return answer ? Math.max(0, tokensOf(answer.text + answer.thoughts, perToken) - tokensOf(node.text, perToken)) : 0;
}

/// The words that are being written, kept for each conversation.
function useDraft(conversationId) {
  const key = draftKey(conversationId);
  const [, redraw] = useState(0);
  const write = (text) => {
    if (text) drafts.set(key, text);
    else drafts.delete(key);
    redraw((n) => n + 1);
  };
  return [drafts.get(key) ?? '', write];
}

export function Foot({ state, chat, conversation, last, isPair, focusOn, isAnswering, onSend, onCompare, onStop }) {
  const contextLength = usePart(state, (all) => all.contextLength);
  const refusedBytes = usePart(state, (all) => all.refusedBytes);
  const [text, write] = useDraft(conversation?.id);
  const [refusal, setRefusal] = useState(null);
  const [isComparing, setComparing] = useState(false);
  useLayoutEffect(() => setRefusal(null), [text, conversation?.id]); // Before the next key, which may be refused anew.
  const usage = useMemo(() => usageOf(conversation), [conversation]);
  const { perToken } = usage;
  const numLive = usePart(state, ({ live }) => Math.round(numTokensSince(live.get(last?.id)?.answer, last, perToken) / kTokensPerLook) * kTokensPerLook);
  const numDraft = useMemo(() => tokensOf(text.trim(), perToken), [text, perToken]);
  const used = usage.used + numLive + numDraft;
  const send = (message) => {
    write('');
    onSend(message);
  };
  const compare = (message, settings) => {
    write('');
    onCompare(message, settings);
  };
  const ask = (message) => {
    if (isPair) return setRefusal({ words: 'Choose one of the two answers first.', isSure: true });
    const found = refusalOf(message, { contextLength, perToken, refusedBytes });
    setRefusal(found);
    if (!found) send(message);
  };
  const isWaiting = isPair && !isAnswering;
  const isShown = contextLength && (conversation || used > kWorthShowing * contextLength);
  return (
    <>
      {refusal && <Refusal words={refusal.words} onAnyway={refusal.isSure ? null : () => send(text.trim())} />}
      {!refusal && isWaiting && <p class="room" role="status">Choose the answer to go on with.</p>}
      {!refusal && !isWaiting && contextLength && last && !isAnswering && last.code !== 'context_length_exceeded' && used >= kNearlyFull * contextLength && <Room chat={chat} conversation={conversation} last={last} used={used} contextLength={contextLength} />}
      <Composer text={text} focusOn={focusOn} isAnswering={isAnswering} onText={write} onSend={ask} onCompare={isPair ? null : () => setComparing(true)} onStop={onStop} />
      {isShown && <Meter used={used} isExact={usage.isExact && numDraft === 0} contextLength={contextLength} />}
      {isComparing && <CompareDialog text={text} settings={conversation?.settings ?? state.told.draftSettings} modelDefaults={state.told.modelDefaults} onAsk={compare} onLeave={() => setComparing(false)} />}
    </>
  );
}
