// The system prompt and the sampling of the open conversation, and on a wish of those to come. Empty means: as the model
// has it.
import { useLayoutEffect, useRef } from 'preact/hooks';

import { cleanSettings, defaultWords, kSettings } from '../talk/settings.js';
import { Close } from './icons.jsx';

function read(form) {
  const raw = Object.fromEntries(new FormData(form));
  return cleanSettings({ ...raw, stop: raw.stop.split('\n') });
}

function Field({ setting, value, modelDefaults }) {
  return (
    <label class="field">
      <span>{setting.label}<small>{setting.hint}</small></span>
      <input type="number" inputmode="decimal" name={setting.key} min={setting.min} max={setting.max} step={setting.step === 1 ? 1 : 'any'} placeholder={defaultWords(setting, modelDefaults)} defaultValue={value ?? ''} />
    </label>
  );
}

export function SettingsPanel({ settings, modelDefaults, model, contextLength, onSave, onSaveForNew, onLeave }) {
  const dialog = useRef(null);
  const opened = useRef(settings); // Another tab may change them meanwhile.
  useLayoutEffect(() => dialog.current.showModal(), []); // It is open before a key can be pressed, so that Escape closes it.
  const save = (event) => {
    event.preventDefault();
    const { elements } = event.target;
    onSave(opened.current, read(event.target));
    if (elements.forNew.checked) onSaveForNew(read(event.target));
    dialog.current.close();
  };
  const clear = ({ target }) => {
    for (const field of target.form.querySelectorAll('textarea, input[type=number]')) field.value = '';
  };
  const onBackdrop = (event) => event.target === dialog.current && dialog.current.close();
  return (
    <dialog class="panel" ref={dialog} aria-labelledby="settings-title" onClose={onLeave} onClick={onBackdrop}>
      <form onSubmit={save}>
        <header>
          <h2 id="settings-title">This conversation</h2>
          <button class="quiet" type="button" aria-label="Close" onClick={() => dialog.current.close()}><Close /></button>
        </header>
        <label class="wide">
          <span>System prompt</span>
          <textarea name="system" rows={4} defaultValue={settings.system ?? ''} placeholder="What the model should know before the first message" />
        </label>
        <div class="fields">{kSettings.map((setting) => <Field key={setting.key} setting={setting} value={settings[setting.key]} modelDefaults={modelDefaults} />)}</div>
        <label class="wide">
          <span>Stop at<small>one text per line</small></span>
          <textarea name="stop" rows={2} defaultValue={(settings.stop ?? []).join('\n')} />
        </label>
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
