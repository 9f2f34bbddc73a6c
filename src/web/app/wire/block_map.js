// The block pools of the server as the `blocks` feed tells them: a full picture, then what changes.
// One value that grows old in place, since it may hold hundreds of thousands of blocks.

export const kFree = 0;
export const kCached = 1;
export const kOwned = 2;
export const kInTransfer = 3;
const kNobody = Object.freeze([]);

class Tier {
  constructor(numBlocks) {
    this.states = new Uint8Array(numBlocks);
    this.holders = new Uint32Array(numBlocks);
    this.lastUsed = new Float64Array(numBlocks);
    this.responses = new Array(numBlocks).fill(kNobody); // Block -> ids of responses, oldest first.
  }

  get length() {
    return this.states.length;
  }

  set(first, numBlocks, state, holders = 0, responses = kNobody, lastUsed = 0) {
    const end = Math.min(first + numBlocks, this.length);
    this.states.fill(state, first, end);
    this.holders.fill(holders, first, end);
    this.lastUsed.fill(lastUsed, first, end);
    this.responses.fill(responses, first, end);
  }

  /// { cached, owned, inTransfer, shared }: how many there are of each; the rest is free.
  count() {
    const byState = [0, 0, 0, 0];
    let shared = 0;
    for (let i = 0; i < this.length; ++i) {
      ++byState[this.states[i]];
      if (this.holders[i] > 1) ++shared;
    }
    return { cached: byState[kCached], owned: byState[kOwned], inTransfer: byState[kInTransfer], shared };
  }

  /// Behind the last block that is not free.
  extent() {
    let end = this.length;
    while (end > 0 && this.states[end - 1] === kFree) --end;
    return end;
  }
}

export class BlockMap {
  tiers = { device: new Tier(0), host: new Tier(0) };
  step = 0;
  blockSize = 0;
  #isBegun = false;

  /// Takes one `octavo:blocks`. True when the picture is whole: no more frames belong to it.
  apply(event) {
    if (event.full) this.#begin(event);
    if (!this.#isBegun) return false;
    this.step = event.step;
    const tiers = [this.tiers.device, this.tiers.host];
    for (const [tier, first, numBlocks, state, holders, indices, lastUsed] of event.blocks) {
      tiers[tier]?.set(first, numBlocks, state, holders, indices?.map((index) => event.responses[index]), lastUsed);
    }
    return !event.more;
  }

  #begin({ tiers, block_size }) {
    this.tiers = { device: new Tier(tiers.device.num_blocks), host: new Tier(tiers.host.num_blocks) };
    this.blockSize = block_size;
    this.#isBegun = true;
  }
}
