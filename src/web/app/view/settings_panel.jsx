// The system prompt and the sampling of the open conversation. Empty means: as the server has it.
import { useEffect, useRef } from 'preact/hooks';

import { cleanSettings, kSettings } from '../talk/settings.js';
import { Close } from './icons.jsx';

function read(form) {
  const raw = Object.fromEntries(new FormData(form));
  return cleanSettings({ ...raw, stop: raw.stop.split('\n') });
}

function Field({ setting, value }) {
  return (
    <label class="field">
      <span>{setting.label}<small>{setting.hint}</small></span>
      <input type="number" inputmode="decimal" name={setting.key} min={setting.min} max={setting.max} step={setting.step === 1 ? 1 : 'any'} placeholder="default" defaultValue={value ?? ''} />
    </label>
  );
}

export function SettingsPanel({ settings, model, contextLength, onSave, onLeave }) {
  const dialog = useRef(null);
  const opened = useRef(settings); // Another tab may change them meanwhile.
  useEffect(() => dialog.current.showModal(), []);
  const save = (event) => {
    event.preventDefault();
    onSave(opened.current, read(event.target));
    dialog.current.close();
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
        <div class="fields">{kSettings.map((setting) => <Field key={setting.key} setting={setting} value={settings[setting.key]} />)}</div>
        <label class="wide">
          <span>Stop at<small>one text per line</small></span>
          <textarea name="stop" rows={2} defaultValue={(settings.stop ?? []).join('\n')} />
        </label>
        <footer>
          <small>{model}{contextLength ? ` · ${contextLength.toLocaleString('en')} tokens of context` : ''}</small>
          <button class="solid" type="submit">Save</button>
        </footer>
      </form>
    </dialog>
  );
}
