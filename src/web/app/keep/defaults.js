// The settings that new conversations begin with, the same in all tabs.
import { cleanSettings } from '../talk/settings.js';

const kKey = 'octavo-defaults';

export function readDefaults() {
  try {
    return cleanSettings(JSON.parse(localStorage.getItem(kKey)));
  } catch {
    return {};
  }
}

export function keepDefaults(settings) {
  localStorage.setItem(kKey, JSON.stringify(settings));
}

/// Calls `heard` with the defaults whenever another tab has changed them.
export function watchDefaults(heard) {
  addEventListener('storage', ({ key }) => key === kKey && heard(readDefaults()));
}
