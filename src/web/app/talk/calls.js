// Calls of functions in a conversation: what a model calls stands in its answer, and what a person gives back is a message of
// theirs, { role: 'user', text, results: [{ callId, name, output }] }. Its text is what was given, for whatever reads only texts.

/// The calls that can be given a result: all of their arguments have come.
export function wholeCalls({ calls = [] }) {
  return calls.filter(({ isWhole }) => isWhole);
}

/// A message of the person. outputs: one for each of the calls, in their order.
export function resultsOf(calls, outputs) {
  const results = calls.map(({ callId, name }, i) => ({ callId, name, output: outputs[i] }));
  return { text: outputs.filter(Boolean).join('\n\n'), results };
}

/// Has an answer said or called anything?
export function hasContent({ text, calls }) {
  return Boolean(text) || wholeCalls({ calls }).length > 0;
}

/// An answer as one text, for programs and places that know no calls.
export function readableText(node) {
  const calls = (node.calls ?? []).map(({ name, arguments: given }) => `Calls \`${name}\`:\n\n\`\`\`json\n${given}\n\`\`\``);
  return [node.text, ...calls].filter(Boolean).join('\n\n');
}

function isCall(raw) {
  return ['callId', 'name', 'arguments'].every((key) => typeof raw?.[key] === 'string') && raw.callId !== '' && raw.name !== '';
}

function isResult(raw) {
  return ['callId', 'name', 'output'].every((key) => typeof raw?.[key] === 'string') && raw.callId !== '';
}

/// The calls and results of a message from a file, checked: { calls, results }, without what it has none of.
export function cleanCalls({ role, calls, results }) {
  if (role === 'assistant' && Array.isArray(calls) && calls.length > 0 && calls.every(isCall)) {
    return { calls: calls.map(({ callId, name, arguments: given, isWhole }) => ({ callId, name, arguments: given, isWhole: isWhole === true })) };
  }
  if (role === 'user' && Array.isArray(results) && results.length > 0 && results.every(isResult)) {
    return { results: results.map(({ callId, name, output }) => ({ callId, name, output })) };
  }
  return {};
}
