// The keys that work everywhere in the page, and how they are told.
import { useLayoutEffect } from 'preact/hooks';

const kFields = 'input, textarea, select';

/// What the dialog of shortcuts says: groups of [keys, what they do].
export const kShortcuts = [
  ['Everywhere', [
    ['Ctrl+Shift+O', 'New conversation'],
    ['Ctrl+K', 'Search conversations'],
    ['Ctrl+B', 'Tree of the conversation'],
    ['Esc', 'Close what is open, or stop the answer'],
    ['?', 'These shortcuts, outside of a text field'],
  ]],
  ['Message', [
    ['Enter', 'Send'],
    ['Shift+Enter', 'New line'],
  ]],
  ['Tree', [
    ['↑ ↓', 'From row to row; Home and End for the first and the last'],
    ['→ ←', 'Into a branch and back, or unfold and fold it'],
    ['Enter', 'Go to the message'],
    ['Space', 'Show it, and stay in the tree'],
  ]],
  ['Memory', [['↑ ↓ → ←', 'From block to block']]],
];

/// As keys are named in `keys`: Ctrl (also the Mac's command) and Shift before the key; a sign is named as it is written.
function nameOf({ key, ctrlKey, metaKey, shiftKey }) {
  const isSign = key.length === 1 && key.toLowerCase() === key.toUpperCase();
  return `${ctrlKey || metaKey ? 'Ctrl+' : ''}${shiftKey && !isSign ? 'Shift+' : ''}${key.length === 1 ? key.toUpperCase() : key}`;
}

/// keys: name -> what it does. A letter or a sign alone belongs to the field that it is typed into.
export function useKeys(keys) {
  useLayoutEffect(() => {
    const onKeyDown = (event) => {
      const name = nameOf(event);
      if (!keys[name] || event.isComposing || (name.length === 1 && event.target.matches?.(kFields))) return;
      if (name.length === 1 || event.ctrlKey || event.metaKey) event.preventDefault();
      keys[name]();
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  });
}
