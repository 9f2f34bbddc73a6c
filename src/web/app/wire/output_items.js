// The items of a response as their events tell them: what is thought, said and called. Each has its place in the output, and events
// of several items may come in any order.

const kKinds = { message: 'text', reasoning: 'thoughts', function_call: 'call' };
const kDeltas = { 'response.output_text.delta': 'text', 'response.reasoning_text.delta': 'thoughts', 'response.function_call_arguments.delta': 'call' };
const kWhole = { 'response.output_text.done': 'text', 'response.reasoning_text.done': 'thoughts', 'response.function_call_arguments.done': 'call' };

/// The kind of item that an event adds to: text, thoughts or call; undefined for other events.
export function kindOfDelta({ type }) {
  return kDeltas[type];
}

function changed(items, at, kind, change) {
  const item = items[at] ?? { kind, text: '' };
  if (item.kind !== kind) return items;
  return { ...items, [at]: { ...item, ...change(item) } };
}

function namesOf({ name, call_id: callId }) {
  return { ...(typeof name === 'string' ? { name } : {}), ...(typeof callId === 'string' ? { callId } : {}) };
}

/// items: place -> { kind, text; of a call also name, callId and isWhole }. The same value for events that are about none.
export function withItemEvent(items, event) {
  const { type, output_index: at = 0, item } = event;
  if (kDeltas[type]) return changed(items, at, kDeltas[type], ({ text }) => ({ text: text + event.delta }));
  // All of it once more, and where a delta was missed the only time.
  if (kWhole[type]) return changed(items, at, kWhole[type], ({ text }) => ({ text: event.text ?? event.arguments ?? text, ...namesOf(event) }));
  const kind = kKinds[item?.type];
  if (!kind || (type !== 'response.output_item.added' && type !== 'response.output_item.done')) return items;
  return changed(items, at, kind, () => ({ ...namesOf(item), ...(kind === 'call' && type.endsWith('done') ? { isWhole: item.status === 'completed' } : {}) }));
}

function textsOf(items, kind) {
  return Object.values(items).filter((item) => item.kind === kind && item.text).map(({ text }) => text);
}

function callOf({ callId = '', name = '', text, isWhole = false }) {
  return { callId, name, arguments: text, isWhole };
}

/// What the items say together, after what had been said before them. Object keys that are numbers come in their order.
export function contentOfItems(items, before) {
  return {
    text: before.text + textsOf(items, 'text').join('\n\n'),
    calls: [...before.calls, ...Object.values(items).filter(({ kind }) => kind === 'call').map(callOf)],
    thoughts: [before.thoughts, ...textsOf(items, 'thoughts')].filter(Boolean).join('\n\n'),
  };
}
