// The system prompt and the sampling of the open conversation, and on a wish of those to come.
import { useLayoutEffect, useRef } from 'preact/hooks';

import { Close } from './icons.jsx';
import { readSettings, SettingsFields } from './settings_fields.jsx';

export function SettingsPanel({ settings, modelDefaults, model, contextLength, onSave, onSaveForNew, onLeave }) {
  const dialog = useRef(null);
  const opened = useRef(settings); // Another tab may change them meanwhile.
  useLayoutEffect(() => dialog.current.showModal(), []); // It is open before a key can be pressed, so that Escape closes it.
  const save = (event) => {
    event.preventDefault();
    const { elements } = event.target;
    onSave(opened.current, readSettings(event.target));
    if (elements.forNew.checked) onSaveForNew(readSettings(event.target));
    dialog.current.close();
  };
  const clear = ({ target }) => {
    for (const field of target.form.querySelectorAll('textarea, input[type=number]')) {
      field.value = '';
      field.dispatchEvent(new Event('input'));
    }
    target.form.elements.tool_choice.value = 'auto';
  };
  const onBackdrop = (event) => event.target === dialog.current && dialog.current.close();
  return (
    <dialog class="panel" ref={dialog} aria-labelledby="settings-title" onClose={onLeave} onClick={onBackdrop}>
      <form onSubmit={save}>
        <header>
          <h2 id="settings-title">This conversation</h2>
          <button class="quiet" type="button" aria-label="Close" onClick={() => dialog.current.close()}><Close /></button>
        </header>
        <SettingsFields settings={settings} modelDefaults={modelDefaults} />
        <label class="check"><input type="checkbox" name="forNew" /> Also for new conversations</label>
        <footer>
          <small>{model}{contextLength ? ` · ${contextLength.toLocaleString('en')} tokens of context` : ''}</small>
          <button class="plain" type="button" onClick={clear}>Clear all</button>
          <button class="solid" type="submit">Save</button>
        </footer>
      </form>
    </dialog>
  );
}
