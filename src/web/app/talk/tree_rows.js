// The tree of a conversation as rows, for a picture of it: which message stands in which row, in which lane, and how the lines
// run past it. Where a conversation forks, the newest version goes straight on in its lane and stands last; the older ones
// come before it, each a lane to the right. So a long conversation stays narrow, and rows are in the order of writing.
import { childrenOf, endsOf, shownPath } from './conversation.js';

export const kLine = 1;
export const kShownLine = 2;

/// Ids of the messages that are shown.
function shownIds(conversation) {
  return new Set([...shownPath(conversation).map(({ id }) => id), ...endsOf(conversation)]);
}

function numBelow(conversation, id) {
  const open = [...childrenOf(conversation, id)];
  let count = 0;
  while (open.length > 0) {
    ++count;
    open.push(...childrenOf(conversation, open.pop()));
  }
  return count;
}

/// The followers of a message as they are still to be drawn, the last on top.
function followersOf(conversation, parent, { lane, level }) {
  const ids = childrenOf(conversation, parent);
  const last = ids.length - 1;
  return ids.map((id, i) => ({ id, level, lane: i === last ? lane : lane + 1, isBranch: i !== last, position: i + 1, setSize: ids.length })).reverse();
}

function mark(rows, lane, from, to, kind) {
  for (let i = Math.max(from, 0); i <= to; ++i) {
    const rail = (rows[i].rails[lane] ??= { up: 0, down: 0 });
    if (i > from) rail.up = Math.max(rail.up, kind);
    if (i < to) rail.down = Math.max(rail.down, kind);
  }
}

/// The lines from each message to its followers. What is before the first message is row -1.
function drawRails(conversation, rows) {
  const places = new Map(rows.map(({ id }, i) => [id, i]));
  for (const [from, parent] of [[-1, null], ...rows.map(({ id }, i) => [i, id])]) {
    const followers = childrenOf(conversation, parent);
    if (followers.length === 0 || !places.has(followers[0]) || (from < 0 && followers.length === 1)) continue;
    const lane = from < 0 ? 0 : rows[from].lane;
    mark(rows, lane, from, places.get(followers.at(-1)), kLine);
    const shown = followers.findLast((id) => rows[places.get(id)].isShown);
    if (shown && (from < 0 || rows[from].isShown)) mark(rows, lane, from, places.get(shown), kShownLine);
  }
}

/// { id, level, position, setSize, lane, isBranch, isShown, hasMore, isFolded, numHidden, rails } for every message that is not
/// folded away, from the top. `isBranch`: it is joined to its parent by a bend from the lane on its left. `rails`: lane -> { up,
/// down }, what is drawn in the row's upper and lower half.
export function rowsOf(conversation, folded = new Set()) {
  const shown = shownIds(conversation);
  const rows = [];
  const open = followersOf(conversation, null, { lane: 0, level: 1 });
  while (open.length > 0) {
    const row = open.pop();
    const hasMore = childrenOf(conversation, row.id).length > 0;
    const isFolded = hasMore && folded.has(row.id);
    rows.push({ ...row, isShown: shown.has(row.id), hasMore, isFolded, numHidden: isFolded ? numBelow(conversation, row.id) : 0, rails: [] });
    if (hasMore && !isFolded) open.push(...followersOf(conversation, row.id, { lane: row.lane, level: row.level + 1 }));
  }
  drawRails(conversation, rows);
  return rows;
}

/// What a key does at a row, as in every tree: { to: row }, { fold: row } or { unfold: row }; null for nothing.
export function keyInTree(rows, at, key) {
  const row = rows[at];
  const parentRow = () => rows.findLastIndex(({ level }, i) => i < at && level === row.level - 1);
  switch (key) {
    case 'ArrowUp': return at > 0 ? { to: at - 1 } : null;
    case 'ArrowDown': return at + 1 < rows.length ? { to: at + 1 } : null;
    case 'Home': return { to: 0 };
    case 'End': return { to: rows.length - 1 };
    case 'ArrowRight':
      if (row.isFolded) return { unfold: at };
      return row.hasMore ? { to: at + 1 } : null;
    case 'ArrowLeft':
      if (row.hasMore && !row.isFolded) return { fold: at };
      return row.level > 1 ? { to: parentRow() } : null;
    default: return null;
  }
}
