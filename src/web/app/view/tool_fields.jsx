// The functions that a model may call, as JSON, and whether it calls them.
import { useRef, useState } from 'preact/hooks';

import { toolsOfText } from '../talk/tools.js';

const kChoices = [['auto', 'auto: when the model wants to'], ['none', 'none: not at all'], ['required', 'required: always']];
const kExample = '[{ "type": "function", "name": "get_weather", "parameters": { "type": "object" } }]';

function faultOf(text) {
  try {
    toolsOfText(text);
    return '';
  } catch ({ message }) {
    return message;
  }
}

export function ToolFields({ prefix, settings }) {
  const area = useRef(null);
  const [fault, setFault] = useState('');
  // A form whose field has a fault is not sent, and the browser leads to the field.
  const check = () => {
    const found = faultOf(area.current.value);
    area.current.setCustomValidity(found);
    setFault(found);
  };
  const id = `${prefix}tools-fault`;
  return (
    <>
      <label class="wide">
        <span>Functions<small>that the model may call: JSON, as in the Responses API</small></span>
        <textarea class="json-field" ref={area} name={`${prefix}tools`} rows={3} spellcheck={false} defaultValue={settings.tools ? JSON.stringify(settings.tools, null, 2) : ''} placeholder={kExample}
          aria-invalid={fault !== ''} aria-describedby={fault ? id : undefined} onInput={check} />
        {fault && <small class="fault" id={id} role="alert">{fault}</small>}
      </label>
      <label class="wide">
        <span>Calls</span>
        <select name={`${prefix}tool_choice`} defaultValue={settings.tool_choice ?? 'auto'}>
          {kChoices.map(([value, words]) => <option key={value} value={value} selected={value === (settings.tool_choice ?? 'auto')}>{words}</option>)}
        </select>
      </label>
    </>
  );
}
