// The functions that a model calls, as cards in its answer, and the fields where a person types what they return.
import { useLayoutEffect, useRef } from 'preact/hooks';

import { wholeCalls } from '../talk/calls.js';
import { fitHeight } from './composer.jsx';
import { CopyButton } from './copy_button.jsx';
import { drafts } from './drafts.js';
import { Wrench } from './icons.jsx';
import { Json } from './json.jsx';

function Field({ label, draft, text, takesFocus, onEnter }) {
  const area = useRef(null);
  useLayoutEffect(() => {
    fitHeight(area.current);
    if (takesFocus) area.current.focus();
  }, []);
  const onKeyDown = (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    onEnter(area.current.form);
  };
  const onInput = () => {
    drafts.set(draft, area.current.value);
    fitHeight(area.current);
  };
  return <textarea class="call-result" ref={area} name="output" rows={1} required aria-label={label} placeholder="What it returns" defaultValue={drafts.get(draft) ?? text} onKeyDown={onKeyDown} onInput={onInput} />;
}

function Card({ call, number, children }) {
  const { name, arguments: given, isWhole } = call;
  return (
    <div class="call" role="group" aria-label={`Call ${number} of the function ${name}`}>
      <div class="code-head">
        <span class="code-name"><Wrench /> <b>{name || 'function'}</b></span>
        {isWhole && <CopyButton words="Copy" label={`Copy the arguments of call ${number}`} read={() => given} />}
      </div>
      <pre tabIndex={0} role="group" aria-label="Arguments"><Json text={given || '{}'} /></pre>
      {children}
    </div>
  );
}

/// Fields for what the calls return. `given`: what they hold at first. `onSend` is called with a text for each call.
export function ResultForm({ calls, nodeId, given, takesFocus, onSend, onLeave, isFieldOnly }) {
  const key = (call) => `result ${nodeId} ${call.callId}`;
  const leave = () => {
    for (const call of calls) drafts.delete(key(call));
    onLeave?.();
  };
  const send = (form) => {
    const fields = [...form.querySelectorAll('textarea')];
    const empty = fields.find(({ value }) => !value.trim());
    if (empty) return empty.focus();
    const outputs = fields.map(({ value }) => value.trim());
    leave();
    onSend(outputs);
  };
  const onSubmit = (event) => {
    event.preventDefault();
    send(event.target);
  };
  const onKeyDown = (event) => {
    if (event.key === 'Escape' && onLeave) leave(), event.stopPropagation();
  };
  return (
    <form class="calls" onSubmit={onSubmit} onKeyDown={onKeyDown}>
      {calls.map((call, i) => {
        const label = `Result of ${call.name}${calls.length > 1 ? `, call ${i + 1}` : ''}`;
        const field = <Field label={label} draft={key(call)} text={given?.[i] ?? ''} takesFocus={takesFocus && i === 0} onEnter={send} />;
        return isFieldOnly ? <label class="call" key={call.callId}><span class="code-head">{label}</span>{field}</label> : <Card key={call.callId} call={call} number={i + 1}>{field}</Card>;
      })}
      <div class="editor-foot">
        {onLeave && <button class="plain" type="button" onClick={leave}>Cancel</button>}
        <button class="solid" type="submit">{onLeave ? 'Send as a branch' : calls.length > 1 ? 'Send the results' : 'Send the result'}</button>
      </div>
    </form>
  );
}

/// The calls of an answer. `onSend`: null where nothing can be given back here.
export function Calls({ node, calls, onSend }) {
  const open = onSend ? wholeCalls({ calls }) : [];
  const others = calls.filter((call) => !open.includes(call));
  return (
    <>
      {others.length > 0 && <div class="calls">{others.map((call) => <Card key={calls.indexOf(call)} call={call} number={calls.indexOf(call) + 1} />)}</div>}
      {open.length > 0 && <ResultForm calls={open} nodeId={node.id} onSend={onSend} />}
    </>
  );
}
