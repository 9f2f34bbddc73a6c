// The whole page: the shelf, the open conversation, and what lies over them.
import { useEffect, useLayoutEffect, useMemo, useState } from 'preact/hooks';

import { usePart } from '../keep/state.js';
import { endsOf, titleOf } from '../talk/conversation.js';
import { Blocks, Branches, Brush, Menu } from './icons.jsx';
import { KeyDialog } from './key_dialog.jsx';
import { useKeys } from './keys.js';
import { MemoryPanel } from './memory_panel.jsx';
import { Notices } from './notices.jsx';
import { Palette } from './palette.js';
import { ProtocolPanel } from './protocol_panel.jsx';
import { SettingsPanel } from './settings_panel.jsx';
import { ShortcutsDialog } from './shortcuts_dialog.jsx';
import { Sidebar } from './sidebar.jsx';
import { focusNext } from './focus.js';
import { isDark as isDarkNow, watchTheme } from './theme.js';
import { Thread } from './thread.jsx';
import { TreePanel } from './tree_panel.jsx';

const kLinks = { opening: 'connecting', open: 'connected', leaving: 'restarting', lost: 'not connected', locked: 'locked' };

const kSideKey = 'octavo-side';
const kShelfKey = 'octavo-shelf';

/// Where the list of conversations lies over the page instead of beside it.
const isNarrow = () => matchMedia('(max-width: 760px)').matches;

function Bar({ title, model, link, isListOpen, side, onMenu, onSide, onSettings }) {
  return (
    <header class="bar">
      <button class="quiet menu" type="button" aria-label="Conversations" title="List of conversations" aria-controls="sidebar" aria-expanded={isListOpen} onClick={onMenu}><Menu /></button>
      <div class="names">
        {title && <h1 title={title}>{title}</h1>}
        <span class={`model ${link}`} title={`${model ? `${model}: ` : ''}${kLinks[link]}`}><i aria-hidden="true" /><span>{model || kLinks[link]}</span></span>
      </div>
      <button class="quiet worded" type="button" title="All branches of this conversation (Ctrl+B)" aria-keyshortcuts="Control+B" aria-controls="tree" aria-expanded={side === 'tree'} onClick={() => onSide('tree')}><Branches /><span>Tree</span></button>
      <button class="quiet worded" type="button" title="The server's memory, live" aria-controls="memory" aria-expanded={side === 'memory'} onClick={() => onSide('memory')}><Blocks /><span>Memory</span></button>
      <button class="quiet worded" type="button" title="System prompt and sampling" aria-label="Settings of this conversation" onClick={onSettings}><Brush /><span>Settings</span></button>
    </header>
  );
}

/// Whether a part of the page is shown; remembered for the next page.
function useShown(key, otherwise) {
  const [isOpen, setOpen] = useState((localStorage.getItem(key) ?? otherwise) === 'open');
  const show = (isShown) => {
    localStorage.setItem(key, isShown ? 'open' : 'closed');
    setOpen(isShown);
  };
  return [isOpen, show];
}

/// Which panel is open beside the conversation; remembered for the next page. `isAsked`: somebody has just asked for it.
function useSide() {
  const [{ kind, isAsked }, setSide] = useState({ kind: localStorage.getItem(kSideKey) || null, isAsked: false });
  const show = (wanted) => {
    localStorage.setItem(kSideKey, wanted ?? '');
    setSide({ kind: wanted, isAsked: true });
  };
  return { kind, isAsked, show, toggle: (wanted) => show(wanted === kind ? null : wanted) };
}

function useDark() {
  const [isDark, setDark] = useState(isDarkNow());
  useEffect(() => watchTheme(() => setDark(isDarkNow())), []);
  return isDark;
}

function Skips() {
  const to = (selector) => () => document.querySelector(selector).focus();
  return (
    <div class="skips">
      <button class="unseen skip" type="button" onClick={to('.scroller')}>Skip to the conversation</button>
      <button class="unseen skip" type="button" onClick={to('.composer textarea')}>Skip to the message field</button>
    </div>
  );
}

/// Read out by screen readers, one after the other; two answers may end at once.
function Said({ said }) {
  const [all, setAll] = useState([]);
  useEffect(() => void (said && setAll((before) => [...before.slice(-1), said])), [said]);
  return <div class="unseen" role="log" aria-live="polite" aria-label="What the page says">{all.map((each) => <p key={each}>{each.words}</p>)}</div>;
}

export function App({ state, chat }) {
  const value = {};
  for (const part of ['conversations', 'current', 'draftSettings', 'removed', 'gone', 'isMissing', 'isKept', 'isReady', 'link', 'wasRefused', 'model', 'contextLength', 'modelDefaults', 'said']) {
    value[part] = usePart(state, (all) => all[part]);
  }
  // The set of conversations being answered changes seldom; what they say is the answers' own matter.
  const liveIds = usePart(state, ({ live, elsewhere }) => [...live, ...elsewhere].map(([id, { conversationId }]) => `${id} ${conversationId}`).join(','));
  const [isMenuOpen, setMenuOpen] = useState(false);
  const [isSettingsOpen, setSettingsOpen] = useState(false);
  const [areKeysShown, showKeys] = useState(false);
  const side = useSide();
  const isMemoryOpen = side.kind === 'memory';
  const [isShelfOpen, showShelf] = useShown(kShelfKey, 'open');
  const isDark = useDark();
  const [trouble, setTrouble] = useState(null);

  const palette = useMemo(() => isMemoryOpen && new Palette(value.conversations, isDark), [value.conversations, isDark, isMemoryOpen]);
  const conversation = value.conversations.get(value.current);
  const busy = new Set(liveIds.split(',').map((pair) => pair.split(' ')[1]));
  const answering = conversation ? endsOf(conversation).filter((id) => liveIds.includes(id)) : [];
  const isAnswering = answering.length > 0;
  const stop = () => answering.forEach((id) => chat.stop(id));
  const closeMenu = () => {
    setMenuOpen(false);
    focusNext('.menu');
  };
  const openMenu = () => {
    setMenuOpen(true);
    focusNext('.sidebar .new');
  };
  const showList = (isShown) => (isNarrow() ? (isShown ? openMenu() : closeMenu()) : showShelf(isShown));
  const isListOpen = isNarrow() ? isMenuOpen : isShelfOpen;
  useKeys({
    Escape: () => document.querySelector('dialog[open]') || (isMenuOpen ? closeMenu() : stop()),
    '?': () => showKeys(true),
    'Ctrl+B': () => side.toggle('tree'),
    'Ctrl+Shift+O': () => chat.conversations.open(null),
    'Ctrl+K': () => (showList(true), setTimeout(() => document.getElementById('search').focus())),
  });
  useEffect(() => {
    document.title = conversation ? `${titleOf(conversation)} · Octavo` : 'Octavo';
  }, [conversation]);
  if (!value.isReady) return null;

  return (
    <div class={`page ${isMenuOpen ? 'menu-open' : ''} ${isShelfOpen ? '' : 'shelf-closed'} ${side.kind ? 'with-side' : ''}`}>
      <Skips />
      <Sidebar state={state} chat={chat} conversations={value.conversations} current={value.current} busy={busy} palette={palette} side={side.kind} onPick={() => setMenuOpen(false)} onSide={(kind) => (setMenuOpen(false), side.toggle(kind))} onKeys={() => showKeys(true)} onTold={setTrouble} />
      <div class="shade" onClick={closeMenu} />
      <main inert={isMenuOpen}>
        <Bar title={conversation ? titleOf(conversation) : ''} model={value.model} link={value.link} isListOpen={isListOpen} side={side.kind}
          onMenu={() => showList(!isListOpen)} onSide={side.toggle} onSettings={() => setSettingsOpen(true)} />
        <Thread state={state} chat={chat} conversation={conversation} model={value.model} palette={palette} isAnswering={isAnswering} onStop={stop} />
        <Notices chat={chat} link={value.link} hasConnected={Boolean(value.model)} removed={value.removed} isGone={Boolean(conversation) && value.gone === conversation.id} isMissing={value.isMissing} isKept={value.isKept} trouble={trouble} onSeen={() => setTrouble(null)} />
      </main>
      {isMemoryOpen && <MemoryPanel state={state} chat={chat} conversation={conversation} conversations={value.conversations} palette={palette} onLeave={() => side.show(null)} />}
      {side.kind === 'tree' && <TreePanel state={state} chat={chat} conversation={conversation} isAsked={side.isAsked} onLeave={() => side.show(null)} />}
      {side.kind === 'protocol' && <ProtocolPanel state={state} chat={chat} onLeave={() => side.show(null)} />}
      <Said said={value.said} />
      {isSettingsOpen && (
        <SettingsPanel settings={conversation ? conversation.settings : value.draftSettings} modelDefaults={value.modelDefaults} model={value.model} contextLength={value.contextLength}
          onSave={(before, after) => chat.conversations.configure(before, after)} onSaveForNew={(settings) => chat.conversations.configureNew(settings)} onLeave={() => setSettingsOpen(false)} />
      )}
      {areKeysShown && <ShortcutsDialog onLeave={() => showKeys(false)} />}
      {value.link === 'locked' && <KeyDialog wasRefused={value.wasRefused} onKey={(key) => chat.useKey(key)} />}
    </div>
  );
}
