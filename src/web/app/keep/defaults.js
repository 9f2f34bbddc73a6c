// The settings that new conversations begin with, the same in all tabs, and those of one that has not begun.
import { cleanSettings } from '../talk/settings.js';

const kKey = 'octavo-defaults';
const kDraftKey = 'octavo-draft-settings';

function read(storage, key) {
  try {
    return cleanSettings(JSON.parse(storage.getItem(key)));
  } catch {
    return {};
  }
}

export function readDefaults() {
  return read(localStorage, kKey);
}

/// Over a reload: the settings of a conversation that has not begun.
export function keepDraftSettings(settings) {
  sessionStorage.setItem(kDraftKey, JSON.stringify(settings));
}

export function takeDraftSettings() {
  const settings = sessionStorage.getItem(kDraftKey) === null ? readDefaults() : read(sessionStorage, kDraftKey);
  sessionStorage.removeItem(kDraftKey);
  return settings;
}

export function keepDefaults(settings) {
  localStorage.setItem(kKey, JSON.stringify(settings));
}

/// Calls `heard` with the defaults whenever another tab has changed them.
export function watchDefaults(heard) {
  addEventListener('storage', ({ key }) => key === kKey && heard(readDefaults()));
}
