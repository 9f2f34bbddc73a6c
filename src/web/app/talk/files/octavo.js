// Conversations as the page's own file has them. A file is a stranger: everything in it is checked and copied field by field,
// never taken over whole.
import { cleanCalls } from '../calls.js';
import { newId } from '../conversation.js';
import { cleanSettings } from '../settings.js';

export const kFormat = 'octavo-conversations';
const kStatuses = ['done', 'stopped', 'cut', 'failed'];

function timeOf(value) {
  return Number.isFinite(value) ? value : Date.now();
}

function nodeOf(raw, ids) {
  const fits = raw && (raw.role === 'user' || raw.role === 'assistant') && typeof raw.text === 'string';
  if (!fits || !ids.has(raw.id) || (raw.parent !== null && !ids.has(raw.parent))) return null;
  const node = { id: ids.get(raw.id), parent: raw.parent === null ? null : ids.get(raw.parent), role: raw.role };
  const status = kStatuses.includes(raw.status) ? raw.status : 'done';
  const rest = raw.isStart === true ? { isStart: true } : {};
  if (typeof raw.thoughts === 'string' && raw.role === 'assistant') rest.thoughts = raw.thoughts;
  if (Number.isSafeInteger(raw.thoughtTokens) && raw.thoughtTokens > 0) rest.thoughtTokens = raw.thoughtTokens;
  Object.assign(rest, cleanCalls(raw));
  if (raw.settings) rest.settings = cleanSettings(raw.settings);
  if (ids.has(raw.beside) && [0, 1].includes(raw.side)) Object.assign(rest, { beside: ids.get(raw.beside), side: raw.side });
  return { ...node, text: raw.text, at: timeOf(raw.at), status, ...rest };
}

/// Under a new id, as are its messages; null where it is damaged.
export function fromOctavo(raw) {
  if (typeof raw?.nodes !== 'object' || raw.nodes === null) return null;
  const ids = new Map(Object.keys(raw.nodes).map((id) => [id, newId()]));
  const nodes = {};
  for (const each of Object.values(raw.nodes)) {
    const node = nodeOf(each, ids);
    // A parent stands before its children, as it did when they were written: so there is no cycle.
    if (!node || (node.parent !== null && !nodes[node.parent])) return null;
    nodes[node.id] = node;
  }
  const chosen = {};
  for (const [parent, child] of Object.entries(raw.chosen ?? {})) {
    const key = parent === 'root' ? parent : ids.get(parent);
    if (key && ids.has(child)) chosen[key] = ids.get(child);
  }
  const title = typeof raw.title === 'string' ? raw.title.slice(0, 200) : '';
  const times = { createdAt: timeOf(raw.createdAt), updatedAt: timeOf(raw.updatedAt) };
  return { id: newId(), title, ...times, settings: cleanSettings(raw.settings), nodes, chosen };
}
