// The shelf of conversations: open, find, rename, delete; out to a file and in again.
import { useState } from 'preact/hooks';

import { matches, titleOf } from '../talk/conversation.js';
import { longWhen, shortWhen } from '../text/when.js';
import { focusNext } from './focus.js';
import { Frames, Keyboard, Mark, Moon, Pencil, Plus, Trash } from './icons.jsx';
import { lights } from './lights.js';
import { switchTheme } from './theme.js';
import { Transfer } from './transfer.jsx';

const kShown = 200; // Entries of the list; more on demand.

function Entry({ chat, conversation, isOpen, isBusy, palette, onOpen }) {
  const [isRenamed, setRenamed] = useState(false);
  const title = titleOf(conversation);
  const rename = (event) => {
    setRenamed(false);
    if (event.target.value !== title) chat.conversations.rename(conversation.id, event.target.value);
  };
  const remove = ({ target }) => {
    const { nextElementSibling: next, previousElementSibling: previous } = target.closest('.entry');
    const beside = (next ?? previous)?.querySelector('.entry-title');
    chat.conversations.remove(conversation.id);
    focusNext(beside ? `.entry-title[href="${beside.getAttribute('href')}"]` : '.new');
  };
  const onKeyDown = (event) => {
    if (event.key === 'Enter') rename(event);
    if (event.key === 'Enter' || event.key === 'Escape') focusNext(`.entry-title[href="#${conversation.id}"]`);
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
      <button class="quiet" type="button" title="Delete" aria-label={`Delete ${title}`} onClick={remove}><Trash /></button>
    </li>
  );
}

function Tools({ state, chat, conversations, current, side, onSide, onKeys, onTold }) {
  return (
    <div class="tools">
      <Transfer state={state} chat={chat} conversations={conversations} current={current} onTold={onTold} />
      <span class="spring" />
      <button class="quiet" type="button" title="What goes over the connection" aria-label="Protocol" aria-controls="protocol" aria-expanded={side === 'protocol'} onClick={() => onSide('protocol')}><Frames /></button>
      <button class="quiet keys" type="button" title="Keyboard shortcuts (?)" aria-label="Keyboard shortcuts" onClick={onKeys}><Keyboard /></button>
      <button class="quiet" type="button" title="Light or dark" aria-label="Switch between light and dark" onClick={switchTheme}><Moon /></button>
    </div>
  );
}

export function Sidebar({ state, chat, conversations, current, busy, palette, side, onPick, onSide, onKeys, onTold }) {
  const [query, setQuery] = useState('');
  const [numShown, setNumShown] = useState(kShown);
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
      <button class="new" type="button" title="Ctrl+Shift+O" aria-keyshortcuts="Control+Shift+O" onClick={begin}><Plus />New conversation</button>
      <input class="search" id="search" type="search" placeholder="Search" aria-label="Search conversations" aria-keyshortcuts="Control+K" value={query} onInput={(event) => setQuery(event.target.value)} />
      <ul class="entries">
        {found.slice(0, numShown).map((each) => <Entry key={each.id} chat={chat} conversation={each} isOpen={each.id === current} isBusy={busy.has(each.id)} palette={palette} onOpen={(event) => pick(event, each.id)} />)}
        {found.length > numShown && <li class="none"><button class="link" type="button" onClick={() => setNumShown(numShown + kShown)}>Show more</button></li>}
        {found.length === 0 && query && <li class="none">Nothing found</li>}
      </ul>
      <Tools state={state} chat={chat} conversations={newestFirst} current={current} side={side} onSide={onSide} onKeys={onKeys} onTold={onTold} />
    </nav>
  );
}
