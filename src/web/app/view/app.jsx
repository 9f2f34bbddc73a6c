// The whole page: the shelf, the open conversation, and what lies over them.
import { useEffect, useMemo, useState } from 'preact/hooks';

import { usePart } from '../keep/state.js';
import { endsOf, titleOf } from '../talk/conversation.js';
import { Said, Skips } from './aloud.jsx';
import { Bar } from './bar.jsx';
import { focusNext } from './focus.js';
import { KeyDialog } from './key_dialog.jsx';
import { useKeys } from './keys.js';
import { useList, useSide } from './layout.js';
import { MemoryPanel } from './memory_panel.jsx';
import { Notices } from './notices.jsx';
import { Palette } from './palette.js';
import { ProtocolPanel } from './protocol_panel.jsx';
import { SettingsPanel } from './settings_panel.jsx';
import { ShortcutsDialog } from './shortcuts_dialog.jsx';
import { Sidebar } from './sidebar.jsx';
import { isDark as isDarkNow, watchTheme } from './theme.js';
import { Thread } from './thread.jsx';
import { TreePanel } from './tree_panel.jsx';

function useDark() {
  const [isDark, setDark] = useState(isDarkNow());
  useEffect(() => watchTheme(() => setDark(isDarkNow())), []);
  return isDark;
}

/// What is open beside the conversation.
function Panel({ state, chat, conversation, conversations, palette, side }) {
  const leave = () => side.show(null);
  switch (side.kind) {
    case 'memory': return <MemoryPanel state={state} chat={chat} conversation={conversation} conversations={conversations} palette={palette} onLeave={leave} />;
    case 'tree': return <TreePanel state={state} chat={chat} conversation={conversation} isAsked={side.isAsked} onLeave={leave} />;
    case 'protocol': return <ProtocolPanel state={state} chat={chat} onLeave={leave} />;
    default: return null;
  }
}

export function App({ state, chat }) {
  const value = {};
  for (const part of ['conversations', 'current', 'draftSettings', 'removed', 'gone', 'isMissing', 'isKept', 'isReady', 'link', 'wasRefused', 'model', 'contextLength', 'modelDefaults', 'said']) {
    value[part] = usePart(state, (all) => all[part]);
  }
  // The set of conversations being answered changes seldom; what they say is the answers' own matter.
  const liveIds = usePart(state, ({ live, elsewhere }) => [...live, ...elsewhere].map(([id, { conversationId }]) => `${id} ${conversationId}`).join(','));
  const [isSettingsOpen, setSettingsOpen] = useState(false);
  const [areKeysShown, showKeys] = useState(false);
  const side = useSide();
  const isMemoryOpen = side.kind === 'memory';
  const list = useList();
  const isDark = useDark();
  const [trouble, setTrouble] = useState(null);

  const palette = useMemo(() => isMemoryOpen && new Palette(value.conversations, isDark), [value.conversations, isDark, isMemoryOpen]);
  const conversation = value.conversations.get(value.current);
  const busy = new Set(liveIds.split(',').map((pair) => pair.split(' ')[1]));
  const answering = conversation ? endsOf(conversation).filter((id) => liveIds.includes(id)) : [];
  const isAnswering = answering.length > 0;
  const stop = () => answering.forEach((id) => chat.stop(id));
  useKeys({
    Escape: () => document.querySelector('dialog[open]') || (list.isOver ? list.show(false) : stop()),
    '?': () => showKeys(true),
    'Ctrl+B': () => side.toggle('tree'),
    'Ctrl+Shift+O': () => chat.conversations.open(null),
    'Ctrl+K': () => (list.show(true), focusNext('#search')),
  });
  useEffect(() => {
    document.title = conversation ? `${titleOf(conversation)} · Octavo` : 'Octavo';
  }, [conversation]);
  if (!value.isReady) return null;

  return (
    <div class={`page ${list.isOver ? 'menu-open' : ''} ${list.isBeside ? '' : 'shelf-closed'} ${side.kind ? 'with-side' : ''}`}>
      <Skips />
      <Sidebar state={state} chat={chat} conversations={value.conversations} current={value.current} busy={busy} palette={palette} side={side.kind}
        onPick={list.leave} onSide={(kind) => (list.leave(), side.toggle(kind))} onKeys={() => showKeys(true)} onTold={setTrouble} />
      <div class="shade" onClick={() => list.show(false)} />
      <main inert={list.isOver}>
        <Bar title={conversation ? titleOf(conversation) : ''} model={value.model} link={value.link} isListOpen={list.isOpen} side={side.kind}
          onMenu={() => list.show(!list.isOpen)} onSide={side.toggle} onSettings={() => setSettingsOpen(true)} />
        <Thread state={state} chat={chat} conversation={conversation} model={value.model} palette={palette} isAnswering={isAnswering} onStop={stop} />
        <Notices chat={chat} link={value.link} hasConnected={Boolean(value.model)} removed={value.removed} isGone={Boolean(conversation) && value.gone === conversation.id} isMissing={value.isMissing} isKept={value.isKept} trouble={trouble} onSeen={() => setTrouble(null)} />
      </main>
      <Panel state={state} chat={chat} conversation={conversation} conversations={value.conversations} palette={palette} side={side} />
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
