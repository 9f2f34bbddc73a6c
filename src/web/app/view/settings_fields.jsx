// The fields of a set of settings, and what a form with them says. Empty means: as the model has it.
import { cleanSettings, defaultWords, kSettings } from '../talk/settings.js';
import { toolsOfText } from '../talk/tools.js';
import { ToolFields } from './tool_fields.jsx';

/// `prefix`: of the fields' names, where a form has more than one set.
export function readSettings(form, prefix = '') {
  const own = [...new FormData(form)].filter(([name]) => name.startsWith(prefix));
  const raw = Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), value]));
  return cleanSettings({ ...raw, stop: raw.stop.split('\n'), tools: toolsOfText(raw.tools) });
}

function Field({ prefix, setting, value, modelDefaults }) {
  return (
    <label class="field">
      <span>{setting.label}<small>{setting.hint}</small></span>
      <input type="number" inputmode="decimal" name={prefix + setting.key} min={setting.min} max={setting.max} step={setting.step === 1 ? 1 : 'any'} placeholder={defaultWords(setting, modelDefaults)} defaultValue={value ?? ''} />
    </label>
  );
}

export function SettingsFields({ prefix = '', settings, modelDefaults, rows = 4 }) {
  return (
    <>
      <label class="wide">
        <span>System prompt</span>
        <textarea name={`${prefix}system`} rows={rows} defaultValue={settings.system ?? ''} placeholder="What the model should know before the first message" />
      </label>
      <div class="fields">{kSettings.map((setting) => <Field key={setting.key} prefix={prefix} setting={setting} value={settings[setting.key]} modelDefaults={modelDefaults} />)}</div>
      <ToolFields prefix={prefix} settings={settings} />
      <label class="wide">
        <span>Stop at<small>one text per line</small></span>
        <textarea name={`${prefix}stop`} rows={2} defaultValue={(settings.stop ?? []).join('\n')} />
      </label>
    </>
  );
}
