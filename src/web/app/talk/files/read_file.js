// Conversations out of a file, whichever of the known programs wrote it. A large one is read piece by piece, so that the page
// stays awake; and it is read whole before anything is kept, so that a file that is wrong at its end changes nothing.
import { fromChatGpt, isChatGpt } from './chatgpt.js';
import { JsonElements } from './json_elements.js';
import { fromOctavo, kFormat } from './octavo.js';
import { fromOpenWebUi, isOpenWebUi } from './open_webui.js';

const kPieceBytes = 1 << 20;
const kForeign = [{ program: 'ChatGPT', isOurs: isChatGpt, read: fromChatGpt }, { program: 'Open WebUI', isOurs: isOpenWebUi, read: fromOpenWebUi }];
const kUnknown = 'the file holds no conversations of Octavo, ChatGPT or Open WebUI';

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('the file is not JSON');
  }
}

/// One conversation of another program: { program, conversation }.
function foreign(raw, number) {
  const kind = kForeign.find(({ isOurs }) => isOurs(raw));
  if (!kind) throw new Error(number === 1 ? kUnknown : `conversation ${number} of the file is of no known kind`);
  return { program: kind.program, conversation: kind.read(raw) };
}

/// All elements of the file, and what stands round them.
async function takeApart(file, pause) {
  const texts = [];
  const elements = new JsonElements((text) => texts.push(text));
  const decoder = new TextDecoder();
  for (let at = 0; at < file.size; at += kPieceBytes) {
    const piece = await file.slice(at, at + kPieceBytes).arrayBuffer();
    elements.push(decoder.decode(piece, { stream: at + kPieceBytes < file.size }));
    await pause();
  }
  return { texts, envelope: parsed(elements.end()) };
}

/// How to read an element of the file, and whose the file is.
function kindOf(envelope) {
  if (Array.isArray(envelope)) return { list: envelope, read: (text, number) => foreign(parsed(text), number) };
  if (envelope?.format !== kFormat || !Array.isArray(envelope.conversations)) return null;
  return { list: envelope.conversations, read: (text) => ({ program: 'Octavo', conversation: fromOctavo(parsed(text)) }) };
}

async function readAll(texts, read, pause) {
  const found = [];
  for (const [i, text] of texts.entries()) {
    const one = read(text, i + 1);
    if (!one.conversation) throw new Error(`conversation ${i + 1} of the file is damaged`);
    found.push(one);
    await pause();
  }
  return found;
}

/// `file`: a Blob. `pause()` is awaited now and then. Resolves to { conversations, program, numEmpty: conversations of the file
/// that had no message }; rejects with an Error that says what is wrong.
export async function readConversations(file, pause = async () => {}) {
  const { texts, envelope } = await takeApart(file, pause);
  const kind = kindOf(envelope);
  const broken = kind?.list.findIndex((each) => each !== null) ?? -1;
  if (broken >= 0) throw new Error(`conversation ${broken + 1} of the file is damaged`);
  if (kind?.list.length === 0 || (kind && texts.length !== kind.list.length)) throw new Error(kUnknown);
  // A single conversation is an object of its own, and small enough to be read at once.
  const found = kind ? await readAll(texts, kind.read, pause) : await readAll([await file.text()], (text) => foreign(parsed(text), 1), pause);
  const all = found.map(({ conversation }) => conversation);
  const conversations = all.filter(({ nodes }) => Object.keys(nodes).length > 0);
  return { conversations, program: found[0].program, numEmpty: all.length - conversations.length };
}
