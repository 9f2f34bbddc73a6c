// A question that is asked with two settings at once, and these settings beside each other.
import { useLayoutEffect, useRef } from 'preact/hooks';

import { Close } from './icons.jsx';
import { readSettings, SettingsFields } from './settings_fields.jsx';

const kSides = ['a', 'b'];
let lastOther = null; // What the second one was set to last: the next comparison begins there.

function Side({ side, settings, modelDefaults }) {
  return (
    <fieldset>
      <legend>{side.toUpperCase()}</legend>
      <SettingsFields prefix={`${side}.`} settings={settings} modelDefaults={modelDefaults} rows={3} />
    </fieldset>
  );
}

/// `onAsk` is called with the question and both settings.
export function CompareDialog({ text, settings, modelDefaults, onAsk, onLeave }) {
  const dialog = useRef(null);
  useLayoutEffect(() => dialog.current.showModal(), []);
  const ask = (event) => {
    event.preventDefault();
    const question = new FormData(event.target).get('question').trim();
    if (!question) return;
    const both = kSides.map((side) => readSettings(event.target, `${side}.`));
    lastOther = both[1];
    dialog.current.close();
    onAsk(question, both);
  };
  const onBackdrop = (event) => event.target === dialog.current && dialog.current.close();
  return (
    <dialog class="panel broad" ref={dialog} aria-labelledby="compare-title" onClose={onLeave} onClick={onBackdrop}>
      <form onSubmit={ask}>
        <header>
          <h2 id="compare-title">Ask with two settings</h2>
          <button class="quiet" type="button" aria-label="Close" onClick={() => dialog.current.close()}><Close /></button>
        </header>
        <label class="wide"><span>Question</span><textarea name="question" rows={2} required defaultValue={text} /></label>
        <div class="sides">
          <Side side="a" settings={settings} modelDefaults={modelDefaults} />
          <Side side="b" settings={lastOther ?? settings} modelDefaults={modelDefaults} />
        </div>
        <footer>
          <small>Both answers stay as branches; the one that you go on with brings its settings along.</small>
          <button class="solid" type="submit">Ask both</button>
        </footer>
      </form>
    </dialog>
  );
}
