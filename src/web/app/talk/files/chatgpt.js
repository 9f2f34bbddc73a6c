// Conversations as ChatGPT exports them (conversations.json): a mapping of nodes with parent and children, each with a message
// or none. Read and written; what is not a person's or the model's words for one another (tools, thoughts, hidden context) is
// passed over.
import { readableText } from '../calls.js';
import { childrenOf, shownPath, titleOf } from '../conversation.js';
import { grownFrom, timeOfSeconds } from './foreign_tree.js';

const kRoot = 'client-created-root';
const kEnds = { max_tokens: 'cut', interrupted: 'stopped' };
const kFinished = { cut: 'max_tokens', stopped: 'interrupted' };

export function isChatGpt(raw) {
  return typeof raw?.mapping === 'object' && raw.mapping !== null;
}

function partText(part) {
  if (typeof part === 'string') return part;
  return typeof part?.text === 'string' ? part.text : `[${String(part?.content_type ?? 'attachment').slice(0, 60)}]`;
}

/// The words of a message; null where it has none that are read.
function textOf(content) {
  const { content_type: type, parts, text, language } = content ?? {};
  if (type === 'code' && typeof text === 'string') return `\`\`\`${String(language ?? '').replace(/[^\w+#-]|^unknown$/g, '')}\n${text}\n\`\`\``;
  if ((type === 'text' || type === 'multimodal_text') && Array.isArray(parts)) return parts.map(partText).filter(Boolean).join('\n\n');
  return null;
}

function messageOf({ id, message, parent, children }) {
  const text = textOf(message?.content);
  const role = message?.author?.role;
  const isForUs = [undefined, null, 'all'].includes(message?.recipient) && message?.metadata?.is_visually_hidden_from_conversation !== true;
  const isRead = text !== null && isForUs && (role === 'user' || role === 'assistant');
  const status = message?.status === 'in_progress' ? 'stopped' : kEnds[message?.metadata?.finish_details?.type];
  return {
    id, parent: parent ?? null, order: Array.isArray(children) ? children : [], role: isRead ? role : null, text, at: timeOfSeconds(message?.create_time),
    status: role === 'assistant' ? status ?? 'done' : 'done', system: role === 'system' && isForUs && text ? text : null,
  };
}

export function fromChatGpt(raw) {
  const nodes = Object.entries(raw.mapping);
  if (nodes.some(([, node]) => typeof node !== 'object' || node === null)) return null;
  const messages = new Map(nodes.map(([id, node]) => [id, messageOf({ ...node, id })]));
  const system = [...messages.values()].find((each) => each.system)?.system;
  const createdAt = timeOfSeconds(raw.create_time);
  return grownFrom(messages, { title: raw.title, createdAt, updatedAt: timeOfSeconds(raw.update_time, createdAt), settings: system ? { system } : {}, current: raw.current_node });
}

function written(id, role, text, at, metadata = {}) {
  return {
    id, author: { role, name: null, metadata: {} }, create_time: at / 1000, update_time: null, content: { content_type: 'text', parts: [text] },
    status: 'finished_successfully', end_turn: role === 'assistant' ? true : null, weight: 1, metadata, recipient: 'all', channel: null,
  };
}

/// `model`: the name of the model that answered.
export function toChatGpt(conversation, model) {
  const { id, createdAt, updatedAt, settings, nodes } = conversation;
  const system = settings.system ? `system-${id}` : null;
  const first = system ?? kRoot;
  const top = childrenOf(conversation, null);
  const mapping = { [kRoot]: { id: kRoot, message: null, parent: null, children: system ? [system] : top } };
  if (system) mapping[system] = { id: system, message: written(system, 'system', settings.system, createdAt), parent: kRoot, children: top };
  for (const node of Object.values(nodes)) {
    const metadata = node.role === 'assistant' ? { model_slug: model, finish_details: { type: kFinished[node.status] ?? 'stop' } } : {};
    mapping[node.id] = { id: node.id, message: written(node.id, node.role, readableText(node), node.at, metadata), parent: node.parent ?? first, children: childrenOf(conversation, node.id) };
  }
  return {
    title: titleOf(conversation), create_time: createdAt / 1000, update_time: updatedAt / 1000, mapping, moderation_results: [],
    current_node: shownPath(conversation).at(-1)?.id ?? first, conversation_id: id, id, default_model_slug: model, is_archived: false,
  };
}
