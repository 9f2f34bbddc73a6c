// The shelf of conversations: open, find, rename, delete; out to a file and in again.
import { useRef, useState } from 'preact/hooks';

import { fromArchive, toArchive } from '../talk/archive.js';
import { matches, titleOf } from '../talk/conversation.js';
import { longWhen, shortWhen } from '../text/when.js';
import { Download, Frames, Mark, Moon, Pencil, Plus, Trash, Upload } from './icons.jsx';
import { lights } from './lights.js';
import { switchTheme } from './theme.js';

function saveFile(name, text) {
  const anchor = document.createElement('a');
  anchor.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 10_000);
}

function Entry({ chat, conversation, isOpen, isBusy, palette, onOpen }) {
  const [isRenamed, setRenamed] = useState(false);
  const title = titleOf(conversation);
  const rename = (event) => {
    setRenamed(false);
    if (event.target.value !== title) chat.conversations.rename(conversation.id, event.target.value);
  };
  const onKeyDown = (event) => {
    if (event.key === 'Enter') rename(event);
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    event.target.value = title; // The field says goodbye with a blur.
    setRenamed(false);
  };
  if (isRenamed) {
    return <li class="entry open"><input class="rename" aria-label="Title" defaultValue={title} ref={(field) => field?.focus()} onBlur={rename} onKeyDown={onKeyDown} /></li>;
  }
  return (
    <li class={`entry ${isOpen ? 'open' : ''}`} {...lights(chat, conversation.id)}>
      {palette && <i class="hue" aria-hidden="true" style={{ background: palette.background(conversation) }} />}
      {isBusy && <span class="pulse" role="img" aria-label="being answered" />}
      <a class="entry-title" href={`#${conversation.id}`} title={title} aria-current={isOpen ? 'page' : undefined} onClick={onOpen} onDblClick={() => setRenamed(true)}>{title}</a>
      <time class="when" dateTime={new Date(conversation.updatedAt).toISOString()} title={longWhen(conversation.updatedAt)}>{shortWhen(conversation.updatedAt, Date.now())}</time>
      <button class="quiet" type="button" title="Rename" aria-label={`Rename ${title}`} onClick={() => setRenamed(true)}><Pencil /></button>
      <button class="quiet" type="button" title="Delete" aria-label={`Delete ${title}`} onClick={() => chat.conversations.remove(conversation.id)}><Trash /></button>
    </li>
  );
}

function Tools({ chat, conversations, side, onSide, onError }) {
  const file = useRef(null);
  const read = async (event) => {
    const chosen = event.target.files[0];
    event.target.value = '';
    try {
      chat.conversations.import(fromArchive(await chosen.text()));
    } catch (error) {
      onError(`Nothing was imported: ${error.message}.`);
    }
  };
  return (
    <div class="tools">
      <button class="quiet" type="button" title="Export all conversations" aria-label="Export all conversations" disabled={conversations.length === 0} onClick={() => saveFile('octavo-conversations.json', toArchive(conversations))}><Download /></button>
      <button class="quiet" type="button" title="Import conversations" aria-label="Import conversations" onClick={() => file.current.click()}><Upload /></button>
      <input class="unseen" ref={file} type="file" accept="application/json,.json" aria-label="File to import" tabIndex={-1} onChange={read} />
      <span class="spring" />
      <button class="quiet" type="button" title="What goes over the connection" aria-label="Protocol" aria-controls="protocol" aria-expanded={side === 'protocol'} onClick={() => onSide('protocol')}><Frames /></button>
      <button class="quiet" type="button" title="Light or dark" aria-label="Switch between light and dark" onClick={switchTheme}><Moon /></button>
    </div>
  );
}

export function Sidebar({ chat, conversations, current, busy, palette, side, onPick, onSide, onError }) {
  const [query, setQuery] = useState('');
  const newestFirst = [...conversations.values()].sort((a, b) => b.updatedAt - a.updatedAt);
  const found = newestFirst.filter((each) => matches(each, query));
  const begin = () => {
    chat.conversations.open(null);
    onPick();
  };
  // The link itself opens it too, but the browser tells of a new address later, and with these keys it opens another tab.
  const pick = (event, id) => {
    if (!event.ctrlKey && !event.metaKey && !event.shiftKey) chat.conversations.open(id);
    onPick();
  };
  return (
    <nav class="sidebar" id="sidebar" aria-label="Conversations">
      <div class="brand"><Mark /><span>Octavo</span></div>
      <button class="new" type="button" title="Ctrl+Shift+O" onClick={begin}><Plus />New conversation</button>
      <input class="search" id="search" type="search" placeholder="Search" aria-label="Search conversations" value={query} onInput={(event) => setQuery(event.target.value)} />
      <ul class="entries">
        {found.map((each) => <Entry key={each.id} chat={chat} conversation={each} isOpen={each.id === current} isBusy={busy.has(each.id)} palette={palette} onOpen={(event) => pick(event, each.id)} />)}
        {found.length === 0 && query && <li class="none">Nothing found</li>}
      </ul>
      <Tools chat={chat} conversations={newestFirst} side={side} onSide={onSide} onError={onError} />
    </nav>
  );
}
