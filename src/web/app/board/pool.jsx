// The block pools, block by block: what each is used for, and what is known of the one that is pointed at.
import { useState } from 'preact/hooks';

import { BlockCanvas } from '../view/block_canvas.jsx';
import { kCached, kFree, kInTransfer, kOwned } from '../wire/block_map.js';

const kStates = { [kFree]: 'free', [kCached]: 'cached', [kOwned]: 'in use', [kInTransfer]: 'on the move' };
const number = (value) => value.toLocaleString('en');

function wordsOf(tier, index, step) {
  if (index === null || index >= tier.length) return 'Point at a block, or go to it with the arrow keys.';
  const state = tier.states[index];
  const holders = state === kOwned ? `, held by ${tier.holders[index]}` : '';
  const used = state === kFree ? '' : `, used ${number(Math.max(0, step - tier.lastUsed[index]))} steps ago`;
  return `Block ${number(index)}: ${kStates[state]}${holders}${used}.`;
}

function Tier({ name, tier, step, blockSize, colour }) {
  const [pointed, setPointed] = useState(null);
  const { cached, owned, inTransfer, shared } = tier.count();
  const summary = `${number(tier.length)} blocks of ${blockSize} tokens: ${number(owned)} in use, ${number(shared)} of them shared, ${number(cached)} cached, ${number(inTransfer)} on the move`;
  const paint = { of: () => ({ colours: [colour], isLit: null }), step };
  return (
    <section class="pool" aria-labelledby={`pool-${name}`}>
      <h2 id={`pool-${name}`}>{name === 'device' ? 'Blocks of the device' : 'Blocks of the host'}</h2>
      <p class="chart-note">{summary}</p>
      <BlockCanvas name={name} tier={tier} paint={paint} pointed={pointed} label={`${summary}. Arrow keys go from block to block.`} onPoint={setPointed} />
      <p class="block-words" aria-live="polite">{wordsOf(tier, pointed, step)}</p>
    </section>
  );
}

export function Pools({ map, colour }) {
  const tiers = Object.entries(map.tiers).filter(([, tier]) => tier.length > 0);
  return tiers.map(([name, tier]) => <Tier name={name} tier={tier} step={map.step} blockSize={map.blockSize} colour={colour} key={name} />);
}
