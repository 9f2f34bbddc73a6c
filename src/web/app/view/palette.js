// Colours of conversations: hues far from one another, a step to the side for every branch. The same
// in every picture of a page.
import { branchesOf } from '../talk/branches.js';

const kGolden = 137.508; // Degrees: neighbours in time are never neighbours in colour.
const kBranchHues = [0, 55, -55, 110, -110, 165, -165];

export class Palette {
  #places = new Map();

  constructor(conversations, isDark) {
    const oldestFirst = [...conversations.values()].sort((a, b) => a.createdAt - b.createdAt);
    oldestFirst.forEach(({ id }, place) => this.#places.set(id, place));
    this.tone = isDark ? '0.74 0.13' : '0.62 0.15';
    this.others = isDark ? '#7d766a' : '#9a9386';
  }

  of(conversationId, branch) {
    const hue = 35 + kGolden * this.#places.get(conversationId) + kBranchHues[branch % kBranchHues.length];
    return `oklch(${this.tone} ${(((hue % 360) + 360) % 360).toFixed(1)})`;
  }

  /// All colours of a conversation, as a CSS background: one field each.
  background(conversation) {
    const count = Math.max(1, new Set(branchesOf(conversation).values()).size);
    const fields = Array.from({ length: Math.min(count, 4) }, (_, branch) => this.of(conversation.id, branch));
    if (fields.length === 1) return fields[0];
    const share = 100 / fields.length;
    return `linear-gradient(90deg, ${fields.map((colour, i) => `${colour} ${i * share}% ${(i + 1) * share}%`).join(', ')})`;
  }
}
