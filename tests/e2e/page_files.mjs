// Files of conversations without a page: written, read, and both.
import { readConversations } from '../../src/web/app/talk/files/read_file.js';
import { kFormats, writeConversations } from '../../src/web/app/talk/files/write_file.js';

/// The text of a file.
export async function written(conversations, format = 'octavo') {
  return (await writeConversations(conversations, kFormats.find(({ key }) => key === format), 'a-model')).text();
}

/// What is read of a text, or of a value as JSON: { conversations, program, numEmpty }.
export function read(content, pause) {
  return readConversations(new Blob([typeof content === 'string' ? content : JSON.stringify(content)]), pause);
}

/// Conversations as they come back out of a file.
export async function copied(conversations, format) {
  return (await read(await written(conversations, format))).conversations;
}
