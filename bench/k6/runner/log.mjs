// What a run says while it goes on: lines on the standard error with the seconds since the start.

const start = performance.now();

export function say(level, text) {
  const seconds = String(Math.floor((performance.now() - start) / 1000)).padStart(4, '0');
  process.stderr.write(`${level}[${seconds}] ${text}\n`);
}

const wordOf = (value) => {
  if (typeof value === 'string') return value;
  // An error comes from the context of a VU, so instanceof does not know it.
  if (typeof value?.stack === 'string') return value.stack;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
};

const line = (level) => (...values) => say(level, values.map(wordOf).join(' '));

/// What scripts find as `console`.
export const scriptConsole = { log: line('INFO'), info: line('INFO'), debug: line('DEBU'), warn: line('WARN'), error: line('ERRO') };

/// An error with the place in the script where it was thrown.
export const describe = (error) => wordOf(error?.stack ? error : { thrown: error });
