// Conversations into a file for one of the known programs, piece by piece, so that the page stays awake over many of them.
import { toChatGpt } from './chatgpt.js';
import { kFormat } from './octavo.js';
import { toOpenWebUi } from './open_webui.js';

const kOwnHead = `{\n"format": "${kFormat}",\n"version": 1,\n"conversations": [\n`;

/// In the order in which they are offered.
export const kFormats = [
  { key: 'octavo', label: 'Octavo', hint: 'every branch, settings included', file: 'octavo-conversations.json', head: kOwnHead, tail: '\n]\n}\n', of: (conversation) => conversation },
  { key: 'chatgpt', label: 'ChatGPT', hint: 'conversations.json, as its export has it', file: 'conversations.json', head: '[\n', tail: '\n]\n', of: toChatGpt },
  { key: 'open-webui', label: 'Open WebUI', hint: 'for its import of chats', file: 'open-webui-chats.json', head: '[\n', tail: '\n]\n', of: toOpenWebUi },
];

/// A Blob. `model`: the name of the model, for formats that say who answered. `pause()` is awaited now and then.
export async function writeConversations(conversations, { head, tail, of }, model, pause = async () => {}) {
  const parts = [head];
  for (const [i, conversation] of conversations.entries()) {
    parts.push(`${i > 0 ? ',\n' : ''}${JSON.stringify(of(conversation, model))}`);
    await pause();
  }
  return new Blob([...parts, tail], { type: 'application/json' });
}
