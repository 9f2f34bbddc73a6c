// Settings in a few words, for those who compare answers.
import { kSettings } from '../talk/settings.js';

const kSystemWords = 60;

function valueWords(key, value) {
  if (value === undefined) return ['system', 'tools'].includes(key) ? 'none' : key === 'tool_choice' ? 'auto' : 'default';
  if (key === 'stop') return value.map((text) => JSON.stringify(text)).join(', ');
  if (key === 'tools') return value.map(({ name }) => name).join(', ');
  if (key !== 'system') return String(value);
  const words = value.trim().replace(/\s+/g, ' ');
  return `“${words.length > kSystemWords ? `${words.slice(0, kSystemWords - 1).trimEnd()}…` : words}”`;
}

const kNames = [...kSettings.map(({ key, label }) => [key, label.toLowerCase()]), ['stop', 'stop at'], ['system', 'system prompt'], ['tools', 'functions'], ['tool_choice', 'calls']];

/// What of `settings` is not as in `other`; all that is set, where nothing differs.
export function settingsWords(settings, other) {
  const differs = ([key]) => JSON.stringify(settings[key]) !== JSON.stringify(other[key]);
  const different = kNames.filter(differs);
  const named = different.length > 0 ? different : kNames.filter(([key]) => settings[key] !== undefined);
  if (named.length === 0) return 'as the model has it';
  return named.map(([key, name]) => `${name} ${valueWords(key, settings[key])}`).join(' · ');
}
