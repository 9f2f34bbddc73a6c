// The chat page: builds its state, its chat and its view, once.
import { render } from 'preact';

import { Shelf } from './keep/shelf.js';
import { State } from './keep/state.js';
import { Chat } from './talk/chat.js';
import { App } from './view/app.jsx';
import { applyTheme } from './view/theme.js';

const state = new State({
  conversations: new Map(), // id -> conversation
  live: new Map(), // answer id -> { conversationId, answer }: what is being written
  current: null, // id of the open conversation; null: one that has not begun
  draftSettings: {}, // settings of the one that has not begun
  removed: null, // the last one deleted, while it can be brought back
  isReady: false,
  isKept: true,
  link: 'opening', // opening, open, leaving, lost, locked
  wasRefused: false, // locked, and the key that was given is wrong
  retryAt: 0,
  model: '',
  contextLength: null,
  blocks: null, // { map }: the server's block pools, while somebody looks
  loads: [], // what the server had to do, the last while
  lit: null, // { conversationId, nodeId }: whose blocks are pointed at
  said: '', // the last answer that ended, for screen readers
});
const chat = new Chat(state, new Shelf());

applyTheme();
render(<App state={state} chat={chat} />, document.body);
addEventListener('online', () => chat.reconnect());
chat.start();
