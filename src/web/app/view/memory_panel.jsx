// The memory of the server, live: its load, and every block of both tiers with whose it is.
import { useEffect, useMemo, useState } from 'preact/hooks';

import { usePart } from '../keep/state.js';
import { holdersOf, litResponses, ownersOf } from '../talk/branches.js';
import { blockWords, loadWords, sparkline, tierWords } from '../text/memory_words.js';
import { BlockCanvas } from './block_canvas.jsx';
import { BranchList } from './branch_list.jsx';
import { Side } from './side.jsx';

const kSpark = { width: 300, height: 34, windowMs: 60_000 };
const kLegend = [['owned', 'in use'], ['shared', 'shared'], ['cached', 'kept'], ['moving', 'on the move'], ['others', 'of others']];
/// With a finger there is nothing to point with.
function hint() {
  if (matchMedia('(hover: none)').matches) return 'Touch a block to see whose it is.';
  return 'Point at a block, or at a conversation, to see what belongs to it.';
}

function LoadLine({ state, hasHost }) {
  const loads = usePart(state, (all) => all.loads);
  if (loads.length === 0) return null;
  return (
    <div class="load">
      <svg viewBox={`0 -1 ${kSpark.width} ${kSpark.height + 2}`} preserveAspectRatio="none" role="img" aria-label="Tokens per second and use of the device, the last minute">
        <path class="load-usage" d={sparkline(loads, (each) => each.device_usage, { ...kSpark, max: 1, isArea: true })} />
        <path class="load-tokens" d={sparkline(loads, (each) => each.tokens_per_s, kSpark)} />
      </svg>
      <p>{loadWords(loads.at(-1), hasHost).map((part) => <span key={part}>{part}</span>)}</p>
    </div>
  );
}

/// Whose colours a block has, asked for once for every list of responses.
function paintFor({ owners, lit, palette, step }) {
  const asked = new WeakMap();
  const of = (responses) => {
    let answer = asked.get(responses);
    if (!answer) {
      const { mine, strangers } = holdersOf(responses, owners);
      const colours = mine.flatMap(({ conversationId, branches }) => branches.map((branch) => palette.of(conversationId, branch)));
      if (strangers > 0 || colours.length === 0) colours.push(palette.others);
      answer = { colours, isLit: lit && responses.some((response) => lit.has(response)) };
      asked.set(responses, answer);
    }
    return answer;
  };
  return { of, step };
}

function useWatch(memory) {
  useEffect(() => {
    const look = () => memory.watch(!document.hidden);
    look();
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      memory.watch(false);
    };
  }, [memory]);
}

/// Responses and whose they are; anew only when a conversation or what is being written changes.
function useOwners(state, conversations) {
  const liveIds = usePart(state, ({ live }) => [...live].map(([id, { answer }]) => `${id} ${answer.responseId}`).join());
  return useMemo(() => ownersOf(conversations, state.told.live), [conversations, liveIds]);
}

function Pools({ state, chat, conversation, conversations, map, palette }) {
  const lit = usePart(state, (all) => all.lit);
  const owners = useOwners(state, conversations);
  const [pointed, setPointed] = useState({ name: null, index: null });
  const paint = paintFor({ owners, lit: litResponses(lit, conversations, owners), palette, step: map.step });
  const shown = ['device', 'host'].filter((name) => map.tiers[name].length > 0);
  const at = pointed.index !== null && pointed.index < map.tiers[pointed.name].length ? pointed : null;
  const words = () => blockWords(at.name, map.tiers[at.name], at.index, map.step, holdersOf(map.tiers[at.name].responses[at.index], owners), conversations);
  return (
    <>
      {shown.map((name) => {
        const label = tierWords(name, map.tiers[name], map.tiers[name].count());
        return (
          <section class="tier" key={name}>
            <h3>{label}</h3>
            <BlockCanvas name={name} tier={map.tiers[name]} paint={paint} label={label}
              pointed={at?.name === name ? at.index : null} onPoint={(index) => setPointed({ name, index })} />
          </section>
        );
      })}
      <ul class="legend" aria-label="What the cells mean">{kLegend.map(([kind, words]) => <li key={kind}><i class={kind} aria-hidden="true" />{words}</li>)}</ul>
      {conversation && <BranchList state={state} chat={chat} conversation={conversation} map={map} palette={palette} />}
      <p class="block-words" role="status">{at ? words() : hint()}</p>
    </>
  );
}

export function MemoryPanel({ state, chat, conversation, conversations, palette, onLeave }) {
  const blocks = usePart(state, (all) => all.blocks);
  useWatch(chat.memory);
  return (
    <Side kind="memory" title="Memory" note={blocks && `blocks of ${blocks.map.blockSize} tokens`} onLeave={onLeave}>
      <LoadLine state={state} hasHost={blocks?.map.tiers.host.length > 0} />
      {blocks ? <Pools state={state} chat={chat} conversation={conversation} conversations={conversations} map={blocks.map} palette={palette} /> : <p class="block-words">Looking for the server's memory.</p>}
    </Side>
  );
}
