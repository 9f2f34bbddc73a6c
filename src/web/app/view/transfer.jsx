// Conversations out to a file and in again, in the page's own format or another program's.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

import { newPause } from '../keep/pause.js';
import { readConversations } from '../talk/files/read_file.js';
import { kFormats, writeConversations } from '../talk/files/write_file.js';
import { Close, Download, Upload } from './icons.jsx';

const kLargeBytes = 1_000_000; // A file that takes so long that one wants to know.

function saveFile(name, blob) {
  const anchor = document.createElement('a');
  anchor.href = URL.createObjectURL(blob);
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 10_000);
}

function counted(number) {
  return number === 1 ? 'one conversation' : `${number.toLocaleString('en')} conversations`;
}

/// What is said of a file that was read; nothing of one of our own that was read whole.
function wordsOf({ conversations, program, numEmpty }) {
  if (program === 'Octavo' && numEmpty === 0) return null;
  const empty = numEmpty === 0 ? '' : `; ${counted(numEmpty)} had no messages`;
  return `Imported ${counted(conversations.length)} of ${program}${empty}.`;
}

function ExportDialog({ conversations, current, model, onLeave }) {
  const dialog = useRef(null);
  useLayoutEffect(() => dialog.current.showModal(), []);
  const open = conversations.find(({ id }) => id === current);
  const save = async (event) => {
    event.preventDefault();
    const { elements } = event.target;
    const format = kFormats.find(({ key }) => key === elements.format.value);
    const chosen = elements.onlyOpen?.checked ? [open] : conversations;
    dialog.current.close();
    saveFile(format.file, await writeConversations(chosen, format, model, newPause()));
  };
  const onBackdrop = (event) => event.target === dialog.current && dialog.current.close();
  return (
    <dialog class="panel small" ref={dialog} aria-labelledby="export-title" onClose={onLeave} onClick={onBackdrop}>
      <form onSubmit={save}>
        <header>
          <h2 id="export-title">Export</h2>
          <button class="quiet" type="button" aria-label="Close" onClick={() => dialog.current.close()}><Close /></button>
        </header>
        <fieldset class="choices">
          <legend>For which program?</legend>
          {kFormats.map(({ key, label, hint }, i) => <label class="check" key={key}><input type="radio" name="format" value={key} defaultChecked={i === 0} /><span>{label} <small>{hint}</small></span></label>)}
        </fieldset>
        {open && conversations.length > 1 && <label class="check"><input type="checkbox" name="onlyOpen" /> Only the open conversation</label>}
        <footer>
          <small>{counted(conversations.length)} in this browser, branches included</small>
          <button class="solid" type="submit">Save the file</button>
        </footer>
      </form>
    </dialog>
  );
}

/// `onTold(words)`: what is to be said to the person; null: nothing any more.
export function Transfer({ state, chat, conversations, current, onTold }) {
  const file = useRef(null);
  const [isExporting, setExporting] = useState(false);
  const read = async (event) => {
    const chosen = event.target.files[0];
    event.target.value = '';
    onTold(chosen.size > kLargeBytes ? `Reading ${chosen.name}.` : null);
    try {
      const found = await readConversations(chosen, newPause());
      await chat.conversations.import(found.conversations);
      onTold(wordsOf(found));
    } catch (error) {
      onTold(`Nothing was imported: ${error.message}.`);
    }
  };
  return (
    <>
      <button class="quiet" type="button" title="Export conversations" aria-label="Export conversations" disabled={conversations.length === 0} onClick={() => setExporting(true)}><Download /></button>
      <button class="quiet" type="button" title="Import conversations, also of ChatGPT and Open WebUI" aria-label="Import conversations" onClick={() => file.current.click()}><Upload /></button>
      <input class="unseen" ref={file} type="file" accept="application/json,.json" aria-label="File to import" tabIndex={-1} onChange={read} />
      {isExporting && <ExportDialog conversations={conversations} current={current} model={state.told.model} onLeave={() => setExporting(false)} />}
    </>
  );
}
