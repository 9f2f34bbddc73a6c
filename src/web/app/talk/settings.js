// What may be set for a conversation, in the order the panel shows it. A setting that is not given
// is left to the server, which knows the model's own defaults.

import { cleanTools } from './tools.js';

export const kSettings = [
  { key: 'temperature', label: 'Temperature', hint: '0 is greedy', min: 0, max: 2, step: 0.05 },
  { key: 'top_p', label: 'Top p', hint: 'smallest set of that probability', min: 0, max: 1, step: 0.01 },
  { key: 'top_k', label: 'Top k', hint: 'keep the k likeliest', min: 0, max: 1000000, step: 1 },
  { key: 'min_p', label: 'Min p', hint: 'share of the likeliest', min: 0, max: 1, step: 0.01 },
  { key: 'repetition_penalty', label: 'Repetition penalty', hint: '1 is none', min: 0.1, max: 2, step: 0.05 },
  { key: 'max_output_tokens', label: 'Longest answer', hint: 'in tokens', min: 1, max: 1000000, step: 1 },
  { key: 'seed', label: 'Seed', hint: 'the same answer again', min: 0, max: Number.MAX_SAFE_INTEGER, step: 1 },
];

const kUnset = { max_output_tokens: 'as long as the context', seed: 'none' };

/// What the model does where a setting is left open; `modelDefaults`: as the server tells, key -> number.
export function defaultWords({ key }, modelDefaults) {
  const value = modelDefaults[key];
  if (typeof value !== 'number') return kUnset[key] ?? 'default';
  return `${Number(value.toPrecision(6))}${key === 'top_k' && value <= 0 ? ' (all)' : ''} by default`;
}

function numberOf({ min, max, step }, value) {
  const number = typeof value === 'string' && value.trim() === '' ? NaN : Number(value);
  if (!Number.isFinite(number) || number < min || number > max) return undefined;
  return step === 1 ? Math.round(number) : number;
}

/// Keeps what is known and in range, drops the rest: for forms and imported files alike.
export function cleanSettings(raw) {
  const settings = {};
  if (typeof raw !== 'object' || raw === null) return settings;
  if (typeof raw.system === 'string' && raw.system.trim()) settings.system = raw.system;
  for (const setting of kSettings) {
    const value = raw[setting.key];
    const number = value === undefined || value === null ? undefined : numberOf(setting, value);
    if (number !== undefined) settings[setting.key] = number;
  }
  const stops = Array.isArray(raw.stop) ? raw.stop.filter((stop) => typeof stop === 'string' && stop) : [];
  if (stops.length > 0) settings.stop = stops.slice(0, 16);
  return { ...settings, ...cleanTools(raw) };
}

/// What was changed between two versions of the settings: key -> new value, undefined for one that was taken away.
export function changesOf(before, after) {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const differs = (key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]);
  return Object.fromEntries(keys.filter(differs).map((key) => [key, after[key]]));
}

export function applyChanges(settings, changes) {
  return Object.fromEntries(Object.entries({ ...settings, ...changes }).filter(([, value]) => value !== undefined));
}

/// The settings as fields of `response.create`.
export function requestFields(settings) {
  const { system, tool_choice: choice, ...fields } = cleanSettings(settings);
  // There is nothing to choose among no functions.
  if (choice && fields.tools) fields.tool_choice = choice;
  return system ? { instructions: system, ...fields } : fields;
}
