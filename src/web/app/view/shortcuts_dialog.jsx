// What can be done with keys.
import { useLayoutEffect, useRef } from 'preact/hooks';

import { Close } from './icons.jsx';
import { kShortcuts } from './keys.js';

const kIsMac = /Mac|iPhone|iPad/.test(navigator.platform);

function Keys({ name }) {
  const parts = name === '+' ? [name] : name.split('+');
  return <>{parts.map((part, i) => <>{i > 0 && '+'}<kbd>{kIsMac && part === 'Ctrl' ? '⌘' : part}</kbd></>)}</>;
}

export function ShortcutsDialog({ onLeave }) {
  const dialog = useRef(null);
  useLayoutEffect(() => dialog.current.showModal(), []);
  const onBackdrop = (event) => event.target === dialog.current && dialog.current.close();
  return (
    <dialog class="panel shortcuts" ref={dialog} aria-labelledby="shortcuts-title" onClose={onLeave} onClick={onBackdrop}>
      <div class="panel-body">
        <header>
          <h2 id="shortcuts-title">Keyboard shortcuts</h2>
          <button class="quiet" type="button" aria-label="Close" onClick={() => dialog.current.close()}><Close /></button>
        </header>
        {kShortcuts.map(([group, shortcuts]) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>{shortcuts.map(([name, words]) => <div key={name}><dt><Keys name={name} /></dt><dd>{words}</dd></div>)}</dl>
          </section>
        ))}
      </div>
    </dialog>
  );
}
