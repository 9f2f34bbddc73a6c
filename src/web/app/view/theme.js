// Light or dark: as the system says, until a person chooses.
const kKey = 'octavo-theme';

export function isDark() {
  const chosen = localStorage.getItem(kKey);
  return chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
}

export function applyTheme() {
  const chosen = localStorage.getItem(kKey);
  if (chosen) document.documentElement.dataset.theme = chosen;
}

export function switchTheme() {
  localStorage.setItem(kKey, isDark() ? 'light' : 'dark');
  applyTheme();
}
