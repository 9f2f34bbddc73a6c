// The bar over the conversation: its title, the model and how the connection is, and what can be opened.
import { Blocks, Branches, Brush, Menu } from './icons.jsx';

const kLinks = { opening: 'connecting', open: 'connected', leaving: 'restarting', lost: 'not connected', locked: 'locked' };

export function Bar({ title, model, link, isListOpen, side, onMenu, onSide, onSettings }) {
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
