// Light or dark: as the system says, until a person chooses.
const kKey = 'octavo-theme';

export function isDark() {
  const chosen = localStorage.getItem(kKey);
  return chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
}

function applyTheme() {
  const chosen = localStorage.getItem(kKey);
  if (chosen) document.documentElement.dataset.theme = chosen;
}

/// Shows what was chosen, in whatever tab, from now on.
export function followTheme() {
  applyTheme();
  addEventListener('storage', ({ key }) => key === kKey && applyTheme());
}

/// Calls `heard` whenever light becomes dark or dark light. Returns how to stop that.
export function watchTheme(heard) {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const chosen = new MutationObserver(heard);
  chosen.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  system.addEventListener('change', heard);
  return () => {
    chosen.disconnect();
    system.removeEventListener('change', heard);
  };
}

export function switchTheme() {
  localStorage.setItem(kKey, isDark() ? 'light' : 'dark');
  applyTheme();
}
