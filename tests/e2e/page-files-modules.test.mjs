// Files of conversations: the page's own, ChatGPT's and Open WebUI's, read and written with all branches; what is none of them
// is refused with the reason.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as tree from '../../src/web/app/talk/conversation.js';
import { JsonElements } from '../../src/web/app/talk/files/json_elements.js';
import { copied, read, written } from './page_files.mjs';

/// q - a - r - b, with c beside b and s beside r; lines of `id parent`, questions and answers in turn.
function branched(settings = {}) {
  const lines = ['q', 'a q', 'r a', 'b r', 'c r', 's a', 'd s'];
  const grown = lines.reduce((conversation, line) => {
    const [id, parent = null] = line.split(' ');
    const role = conversation.nodes[parent]?.role === 'user' ? 'assistant' : 'user';
    return tree.addMessage(conversation, parent, { id, role, text: `words of ${id}` }, 1_700_000_000_000).conversation;
  }, tree.newConversation(settings, 1_600_000_000_000));
  return tree.chooseMessage({ ...grown, title: 'Forked' }, 'r');
}

/// A conversation as nested words, siblings in order: the same for the same tree, whatever its ids.
function shape(conversation, parent = null) {
  return tree.childrenOf(conversation, parent).map((id) => [conversation.nodes[id].role[0], conversation.nodes[id].text, ...shape(conversation, id)]);
}

const shownWords = (conversation) => tree.shownPath(conversation).map(({ text }) => text);
const kSettings = { system: 'Be brief.', temperature: 0.5, top_k: 40, max_output_tokens: 99, repetition_penalty: 1.1, stop: ['END'], seed: 7 };

for (const [format, settings] of [['octavo', kSettings], ['chatgpt', { system: 'Be brief.' }], ['open-webui', kSettings]]) {
  test(`${format}: what goes out comes in again, with every branch and what is shown`, async () => {
    const original = branched(kSettings);
    const [back] = await copied([original, branched()], format);
    assert.deepEqual(shape(back), shape(original));
    assert.deepEqual(shownWords(back), shownWords(original));
    assert.deepEqual([back.title, back.settings, back.createdAt, back.updatedAt], ['Forked', settings, original.createdAt, original.updatedAt]);
    assert.equal(back.nodes[tree.shownPath(back)[0].id].at, 1_700_000_000_000);
    assert.ok(!back.nodes.q && back.id !== original.id, 'ids are new');
  });

  test(`${format}: the ends of answers are kept`, async () => {
    let original = branched();
    original = tree.changeMessage(original, 'b', { status: 'stopped' });
    original = tree.changeMessage(original, 'c', { status: format === 'chatgpt' ? 'cut' : 'failed' });
    original = tree.changeMessage(original, 'd', { text: '', status: 'failed' });
    const [back] = await copied([original], format);
    assert.deepEqual(Object.values(back.nodes).filter(({ role }) => role === 'assistant').map(({ status }) => status), ['done', 'stopped', format === 'chatgpt' ? 'cut' : 'failed', 'failed']);
  });
}

test('what ChatGPT writes beside words is passed over, and what hangs below it is kept', async () => {
  const message = (role, content, more = {}) => ({ author: { role }, content, create_time: 1_700_000_000.5, status: 'finished_successfully', recipient: 'all', metadata: {}, ...more });
  const text = (...parts) => ({ content_type: 'text', parts });
  const mapping = {
    root: { id: 'root', message: null, parent: null, children: ['sys'] },
    sys: { id: 'sys', message: message('system', text('')), parent: 'root', children: ['ctx'] },
    ctx: { id: 'ctx', message: message('user', { content_type: 'user_editable_context', user_profile: 'x' }), parent: 'sys', children: ['q'] },
    q: { id: 'q', message: message('user', { content_type: 'multimodal_text', parts: [{ content_type: 'image_asset_pointer' }, 'What is it?'] }), parent: 'ctx', children: ['think', 'other'] },
    think: { id: 'think', message: message('assistant', { content_type: 'thoughts', thoughts: [] }), parent: 'q', children: ['call'] },
    call: { id: 'call', message: message('assistant', { content_type: 'code', text: 'search()', language: 'unknown' }, { recipient: 'python' }), parent: 'think', children: ['said'] },
    said: { id: 'said', message: message('assistant', text('Let me see.')), parent: 'call', children: ['tool'] },
    tool: { id: 'tool', message: message('tool', { content_type: 'execution_output', text: '42' }), parent: 'said', children: ['end', 'end2'] },
    end: { id: 'end', message: message('assistant', text('A lantern.')), parent: 'tool', children: [] },
    end2: { id: 'end2', message: message('assistant', { content_type: 'code', text: 'x = 1', language: 'python' }, { metadata: { finish_details: { type: 'interrupted' } } }), parent: 'tool', children: ['more'] },
    more: { id: 'more', message: message('user', text('And then?')), parent: 'end2', children: [] },
    other: { id: 'other', message: message('assistant', text('A lamp.')), parent: 'q', children: [] },
    hidden: { id: 'hidden', message: message('user', text('secret'), { metadata: { is_visually_hidden_from_conversation: true } }), parent: 'other', children: [] },
  };
  const { conversations, program } = await read([{ title: 'Seen', create_time: 1_700_000_000, update_time: 1_700_000_100, mapping, current_node: 'hidden' }]);
  const [conversation] = conversations;
  assert.equal(program, 'ChatGPT');
  assert.deepEqual(shape(conversation), [['u', '[image_asset_pointer]\n\nWhat is it?', ['a', 'Let me see.\n\nA lantern.'], ['a', 'Let me see.\n\n```python\nx = 1\n```', ['u', 'And then?']], ['a', 'A lamp.']]]);
  assert.deepEqual(shownWords(conversation).at(-1), 'A lamp.');
  assert.deepEqual([conversation.createdAt, conversation.updatedAt], [1_700_000_000_000, 1_700_000_100_000]);
  assert.equal(Object.values(conversation.nodes).find(({ text: words }) => words.includes('x = 1')).status, 'stopped');
});

test('what Open WebUI writes is read, old lists of messages included', async () => {
  const messages = {
    q: { id: 'q', parentId: null, childrenIds: ['b', 'a'], role: 'user', content: [{ type: 'text', text: 'What?' }, { type: 'image_url' }], timestamp: 1_700_000_000 },
    a: { id: 'a', parentId: 'q', childrenIds: [], role: 'assistant', content: 'half', done: false },
    b: { id: 'b', parentId: 'q', childrenIds: ['r'], role: 'assistant', content: '', error: { content: 'no memory' } },
    r: { id: 'r', parentId: 'b', childrenIds: [], role: 'user', content: 'And?' },
  };
  const chat = { title: 'Seen', params: { temperature: 0.2, stop: 'A,B', top_k: 'nonsense' }, system: 'Be brief.', history: { messages, currentId: 'a' } };
  const old = { chat: { title: 'Old', messages: [{ role: 'user', content: 'one' }, { role: 'assistant', content: 'two' }] } };
  const { conversations, program } = await read([{ id: 'x', title: 'Seen', chat, created_at: 1_700_000_000, updated_at: 1_700_000_100 }, old]);
  assert.equal(program, 'Open WebUI');
  assert.deepEqual(conversations.map((each) => shape(each)), [[['u', 'What?\n\n[image_url]', ['a', '', ['u', 'And?']], ['a', 'half']]], [['u', 'one', ['a', 'two']]]]);
  assert.deepEqual(conversations[0].settings, { system: 'Be brief.', temperature: 0.2, stop: ['A', 'B'] });
  assert.deepEqual(Object.values(conversations[0].nodes).map(({ status, error }) => [status, error]), [['done', undefined], ['failed', 'no memory'], ['done', undefined], ['stopped', undefined]]);
  assert.deepEqual(shownWords(conversations[0]).at(-1), 'half');
  assert.equal((await read(chat)).conversations.length, 1, 'a single chat');
});

test('a conversation that begins with an answer gets a question, and one without words is counted', async () => {
  const node = (id, parent, role, words) => [id, { id, parent, children: [], message: { author: { role }, content: { content_type: 'text', parts: [words] } } }];
  const greeted = { title: 'Greeted', mapping: Object.fromEntries([node('a', null, 'assistant', 'Hello.'), node('q', 'a', 'user', 'Hi.'), node('lost', 'nobody', 'user', 'Where am I?')]) };
  const { conversations, numEmpty } = await read([greeted, { title: 'Empty', mapping: {} }, { title: 'Only a root', mapping: { r: { id: 'r', message: null, parent: null, children: [] } } }]);
  assert.equal(numEmpty, 2);
  assert.deepEqual(conversations.map((each) => shape(each)), [[['u', '…', ['a', 'Hello.', ['u', 'Hi.']]], ['u', 'Where am I?']]]);
});

test('a very long way down is read', async () => {
  const mapping = {};
  for (let i = 0; i < 20_000; ++i) mapping[`m${i}`] = { id: `m${i}`, parent: i ? `m${i - 1}` : null, children: [`m${i + 1}`], message: { author: { role: i % 4 === 3 ? 'tool' : i % 4 === 0 ? 'user' : 'assistant' }, content: { content_type: 'text', parts: [`${i}`] } } };
  const [conversation] = (await read([{ mapping, current_node: 'm19999' }])).conversations;
  assert.equal(tree.shownPath(conversation).length, 10_000);
});

test('a file that is none of these is refused with the reason', async () => {
  const own = (nodes) => ({ format: 'octavo-conversations', conversations: [{ nodes }] });
  const node = (parent, role = 'user') => ({ id: 'x', parent, role, text: 't' });
  const circle = { mapping: { a: { id: 'a', parent: 'b', children: ['b'], message: null }, b: { id: 'b', parent: 'a', children: ['a'], message: null } } };
  const good = { mapping: {} };
  for (const [content, words] of [
    ['', /not JSON/], ['nonsense', /not JSON/], ['{', /ends too early/], ['[{"mapping":{"a":', /ends too early/], ['[{"mapping":{}},]', /not JSON/], ['[{"mapping":{]}]', /not JSON/],
    ['7', /no conversations of/], [[], /no conversations of/], [{}, /no conversations of/], [[{ a: 1 }], /no conversations of/], [[7], /conversation 1 of the file is damaged/], [[good, null], /no conversations of/],
    [[good, { a: 1 }], /conversation 2 of the file is of no known kind/], [[good, circle], /conversation 2 of the file is damaged/], [[{ mapping: { a: 7 } }], /damaged/], [[{ chat: { history: { messages: { a: null } } } }], /damaged/],
    [own({ x: node('x') }), /conversation 1 .* damaged/], [own({ x: node(null, 'system') }), /damaged/], [own({ x: node('__proto__') }), /damaged/], [{ format: 'octavo-conversations', conversations: [7] }, /damaged/],
    [{ format: 'octavo-conversations', conversations: [] }, /no conversations of/],
  ]) await assert.rejects(read(content), words, JSON.stringify(content));
});

test('a large file is read piece by piece, wherever the pieces end', async () => {
  const text = '[ {"a":"}]\\\\","b":[{"c":"\\"{"}]} ,\n{"d":{}}, {} ]';
  for (let cut = 0; cut <= text.length; ++cut) {
    const found = [];
    const elements = new JsonElements((element) => found.push(element));
    elements.push(text.slice(0, cut));
    elements.push(text.slice(cut));
    assert.equal(elements.end().replace(/\s/g, ''), '[null,null,null]');
    assert.deepEqual(found.map((each) => JSON.parse(each)), [{ a: '}]\\', b: [{ c: '"{' }] }, { d: {} }, {}]);
  }
  const many = Array.from({ length: 300 }, () => branched({ system: 'ü🦊'.repeat(4000) }));
  let numPauses = 0;
  const file = await written(many, 'open-webui');
  const { conversations } = await read(file, async () => void ++numPauses);
  assert.deepEqual(conversations.map(({ settings }) => settings.system === 'ü🦊'.repeat(4000)), many.map(() => true), 'a letter in two pieces is whole');
  assert.ok(numPauses > 300);
  assert.equal((await read(`\ufeff${file}`)).conversations.length, 300, 'with a mark of its byte order');
});
