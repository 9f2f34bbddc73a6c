// The chat page: builds its state, its chat and its view, once.
import { render } from 'preact';

import { followAddress, idInAddress } from './keep/address.js';
import { keepDraftSettings, readDefaults, takeDraftSettings, watchDefaults } from './keep/defaults.js';
import { Shelf } from './keep/shelf.js';
import { State } from './keep/state.js';
import { Tabs } from './keep/tabs.js';
import { Chat } from './talk/chat.js';
import { App } from './view/app.jsx';
import { keepDrafts } from './view/drafts.js';
import { keepFocus } from './view/focus.js';
import { followTheme } from './view/theme.js';

const state = new State({
  conversations: new Map(), // id -> conversation
  live: new Map(), // answer id -> { conversationId, answer }: what is being written
  elsewhere: new Map(), // answer id -> { conversationId, from }: what other tabs receive
  current: null, // id of the open conversation; null: one that has not begun
  defaults: readDefaults(), // settings of new conversations
  draftSettings: takeDraftSettings(), // settings of the one that has not begun
  removed: null, // the last one deleted, while it can be brought back
  gone: null, // id of the open conversation, if another tab has deleted it
  isMissing: false, // the address names a conversation that this browser does not have
  sought: null, // { messageId, takesFocus }: what is to be brought into view, anew with every wish
  numAsked: 0, // answers that this tab has asked for
  isReady: false,
  isKept: true,
  link: 'opening', // opening, open, leaving, lost, locked
  wasRefused: false, // locked, and the key that was given is wrong
  retryAt: 0,
  model: '',
  contextLength: null,
  modelDefaults: {}, // setting -> what the model does where a conversation sets nothing
  refusedBytes: Infinity, // the smallest message that the server did not take
  blocks: null, // { map }: the server's block pools, while somebody looks
  loads: [], // what the server had to do, the last while
  frames: null, // { all }: what went over the connection, while somebody looks
  lit: null, // { conversationId, nodeId }: whose blocks are pointed at
  said: null, // { words }: what is told to screen readers, anew each time
}, 'current');
const chat = new Chat(state, new Shelf(), new Tabs());

followTheme();
keepFocus();
render(<App state={state} chat={chat} />, document.body);
addEventListener('online', () => chat.reconnect());
addEventListener('pagehide', () => {
  chat.leave();
  keepDrafts();
  keepDraftSettings(state.value.draftSettings);
});
document.addEventListener('visibilitychange', () => document.hidden && chat.keep());
addEventListener('pageshow', ({ persisted }) => persisted && chat.wake());
watchDefaults((changed) => state.set({ defaults: changed, draftSettings: changed }));
followAddress(state, (id) => chat.conversations.open(id));
chat.start(idInAddress());
