// What a person said, as it was typed; editing it makes another branch.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

import { ResultForm } from './calls.jsx';
import { fitHeight } from './composer.jsx';
import { drafts } from './drafts.js';
import { focusNext } from './focus.js';
import { Pencil } from './icons.jsx';
import { lights } from './lights.js';
import { Siblings } from './siblings.jsx';

function Editor({ text, onInput, onSend, onLeave }) {
  const area = useRef(null);
  useLayoutEffect(() => {
    fitHeight(area.current);
    area.current.focus();
    area.current.setSelectionRange(text.length, text.length);
  }, []);
  const send = () => {
    const changed = area.current.value.trim();
    if (changed) onSend(changed);
  };
  const onKeyDown = (event) => {
    if (event.key === 'Escape') onLeave(), event.stopPropagation();
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <div class="editor">
      <textarea ref={area} rows={1} aria-label="Edit the message" defaultValue={text} onKeyDown={onKeyDown} onInput={() => (onInput(area.current.value), fitHeight(area.current))} />
      <div class="editor-foot">
        <button class="plain" type="button" onClick={onLeave}>Cancel</button>
        <button class="solid" type="button" onClick={send}>Send as a branch</button>
      </div>
    </div>
  );
}

const kManyLines = 12;
const kManyCharacters = 1_000;
const kFolded = 50_000; // Characters of a folded message that are in the page at all.

/// The words of a message; of a long one its beginning, until it is unfolded.
function Said({ text }) {
  const [isUnfolded, setUnfolded] = useState(false);
  const isLong = text.length > kManyCharacters || text.split('\n', kManyLines + 1).length > kManyLines;
  if (!isLong) return <p class="said">{text}</p>;
  return (
    <div class="long">
      <p class={`said ${isUnfolded ? '' : 'folded'}`}>{isUnfolded ? text : text.slice(0, kFolded)}</p>
      <button class="link" type="button" aria-expanded={isUnfolded} onClick={() => setUnfolded(!isUnfolded)}>{isUnfolded ? 'Show less' : 'Show all'}</button>
    </div>
  );
}

/// What was given back to the calls above.
function Results({ results }) {
  return (
    <div class="results">
      {results.map(({ callId, name, output }) => (
        <div class="result" key={callId}>
          <p class="result-name">Result of <b>{name}</b></p>
          <Said text={output} />
        </div>
      ))}
    </div>
  );
}

export function Question({ chat, conversation, node }) {
  const [isEdited, setEdited] = useState(drafts.has(node.id));
  const leave = () => {
    drafts.delete(node.id);
    setEdited(false);
  };
  const cancel = () => {
    leave();
    focusNext(`#message-${node.id} [title="Edit and branch"]`);
  };
  const send = (text) => {
    leave();
    chat.edit(conversation.id, node.id, text);
  };
  const sendResults = (outputs) => {
    setEdited(false);
    chat.editResults(conversation.id, node.id, outputs);
  };
  if (isEdited && node.results) return <article class="question"><ResultForm calls={node.results} nodeId={node.id} given={node.results.map(({ output }) => output)} takesFocus isFieldOnly onSend={sendResults} onLeave={cancel} /></article>;
  if (isEdited) return <article class="question"><Editor text={drafts.get(node.id) ?? node.text} onInput={(text) => drafts.set(node.id, text)} onSend={send} onLeave={cancel} /></article>;
  return (
    <article class="question" id={`message-${node.id}`} tabIndex={-1} aria-label="Message" {...lights(chat, conversation.id, node.id)}>
      {node.results ? <Results results={node.results} /> : <Said text={node.text} />}
      <footer class="turn-foot">
        <button class="quiet" type="button" title="Edit and branch" aria-label={node.results ? 'Edit the result' : 'Edit the message'} onClick={() => setEdited(true)}><Pencil /></button>
        <Siblings chat={chat} conversation={conversation} node={node} what="message" />
      </footer>
    </article>
  );
}
