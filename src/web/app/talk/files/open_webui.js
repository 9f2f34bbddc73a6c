// Conversations as Open WebUI exports them: a list of chats, whose history has messages with parentId and childrenIds. Read and
// written, with the settings that both programs know.
import { readableText } from '../calls.js';
import { childrenOf, shownPath, titleOf } from '../conversation.js';
import { cleanSettings } from '../settings.js';
import { grownFrom, timeOfSeconds } from './foreign_tree.js';

const kParams = { system: 'system', temperature: 'temperature', top_p: 'top_p', top_k: 'top_k', min_p: 'min_p', seed: 'seed', stop: 'stop', max_tokens: 'max_output_tokens', repeat_penalty: 'repetition_penalty' };

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function chatOf(raw) {
  return isObject(raw?.chat) ? raw.chat : raw;
}

export function isOpenWebUi(raw) {
  const chat = chatOf(raw);
  return isObject(chat) && (isObject(chat.history?.messages) || (isObject(raw.chat) && Array.isArray(chat.messages)));
}

/// The messages as they hang together; those of old files are only a list.
function linked({ history, messages }) {
  if (isObject(history?.messages)) return Object.entries(history.messages);
  return messages.map((each, i) => [`${i}`, { ...each, parentId: i > 0 ? `${i - 1}` : null, childrenIds: [] }]);
}

function textOf(content) {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part) => (typeof part?.text === 'string' ? part.text : `[${String(part?.type ?? 'attachment').slice(0, 60)}]`)).join('\n\n');
}

function errorOf(error) {
  if (!error) return null;
  const words = typeof error === 'string' ? error : error.content ?? error.message ?? error.detail;
  return typeof words === 'string' ? words : 'The answer failed.';
}

function messageOf(id, raw) {
  const role = raw.role === 'user' || raw.role === 'assistant' ? raw.role : null;
  const error = role === 'assistant' ? errorOf(raw.error) : null;
  const isStopped = role === 'assistant' && raw.done === false;
  return {
    id, parent: raw.parentId ?? null, order: Array.isArray(raw.childrenIds) ? raw.childrenIds : [], role, text: textOf(raw.content), at: timeOfSeconds(raw.timestamp),
    status: error ? 'failed' : isStopped ? 'stopped' : 'done', error, system: raw.role === 'system' ? textOf(raw.content) : null,
  };
}

function settingsOf({ params, system }, messages) {
  const known = Object.entries(kParams).map(([theirs, ours]) => [ours, params?.[theirs]]).filter(([, value]) => value !== undefined && value !== null);
  const raw = Object.fromEntries(known);
  if (typeof raw.stop === 'string') raw.stop = raw.stop.split(',');
  return cleanSettings({ system: system ?? messages.find((each) => each.system)?.system, ...raw });
}

export function fromOpenWebUi(raw) {
  const chat = chatOf(raw);
  const list = linked(chat);
  if (list.some(([, message]) => !isObject(message))) return null;
  const messages = new Map(list.map(([id, message]) => [id, messageOf(id, message)]));
  const createdAt = timeOfSeconds(raw.created_at, timeOfSeconds(chat.timestamp / 1000));
  return grownFrom(messages, {
    title: chat.title ?? raw.title, createdAt, updatedAt: timeOfSeconds(raw.updated_at, createdAt), settings: settingsOf(chat, [...messages.values()]),
    current: chat.history?.currentId ?? list.at(-1)?.[0],
  });
}

/// `model`: the name of the model that answered.
export function toOpenWebUi(conversation, model) {
  const { id, createdAt, updatedAt, settings, nodes } = conversation;
  const [created, updated] = [createdAt, updatedAt].map((at) => Math.floor(at / 1000));
  const messages = {};
  for (const node of Object.values(nodes)) {
    const own = node.role === 'user' ? { models: [model] } : { model, modelName: model, modelIdx: 0, done: node.status !== 'stopped', ...(node.status === 'failed' ? { error: { content: node.error ?? 'The answer failed.' } } : {}) };
    messages[node.id] = { id: node.id, parentId: node.parent, childrenIds: childrenOf(conversation, node.id), role: node.role, content: readableText(node), timestamp: Math.floor(node.at / 1000), ...own };
  }
  const path = shownPath(conversation).map((node) => messages[node.id]);
  const params = Object.fromEntries(Object.entries(kParams).filter(([, ours]) => settings[ours] !== undefined).map(([theirs, ours]) => [theirs, settings[ours]]));
  const title = titleOf(conversation);
  return {
    id, user_id: '', title, updated_at: updated, created_at: created, share_id: null, archived: false, pinned: false, meta: {}, folder_id: null,
    chat: { id: '', title, models: [model], params, history: { messages, currentId: path.at(-1)?.id ?? null }, messages: path, tags: [], timestamp: createdAt, files: [] },
  };
}
