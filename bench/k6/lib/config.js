// What all scripts are told by variables: `-e OCTAVO_URL=http://host:8000 -e OCTAVO_KEY=... -e MODEL=...`.

/**
 * @param {string} name
 * @param {string} fallback
 */
export const text = (name, fallback) => __ENV[name] || fallback;

/**
 * @param {string} name
 * @param {number} fallback
 */
export function number(name, fallback) {
  const value = Number(text(name, String(fallback)));
  if (!Number.isFinite(value) || value < 0) throw new Error(`${name} is no number: ${__ENV[name]}`);
  return value;
}

const kUnits = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86400 };

/**
 * Seconds of a duration such as `1m30s`.
 * @param {string} duration
 */
export function seconds(duration) {
  let sum = 0;
  for (const [, value, unit] of duration.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)) {
    sum += Number(value) * kUnits[/** @type {keyof typeof kUnits} */ (unit)];
  }
  return sum;
}

/** Where the server is, without a slash at the end. */
export const url = text('OCTAVO_URL', 'http://127.0.0.1:8000').replace(/\/+$/, '');
export const socketUrl = `${url.replace(/^http/, 'ws')}/v1/responses`;

const key = text('OCTAVO_KEY', '');
/** @type {Record<string, string>} */
export const headers = key ? { Authorization: `Bearer ${key}` } : {};

const model = text('MODEL', '');

/** How many tokens an answer has. Models may not end it sooner, so that all answers cost the same. */
export const maxTokens = number('MAX_TOKENS', 64);

/** Many prompts, so that not every request finds all of its prompt in the prefix cache. */
const kNames = ['Pip', 'Mina', 'Otto', 'Lila', 'Bruno', 'Tess', 'Hugo', 'Nora'];
const kKinds = ['fox', 'owl', 'hedgehog', 'rabbit', 'badger', 'mouse', 'otter'];
const kThings = ['lantern', 'kite', 'drum', 'key', 'map', 'bell'];
const prompt = text('PROMPT', '');

/**
 * The n-th prompt; the same number has the same words.
 * @param {number} n
 */
export function promptOf(n) {
  return prompt || `Tell me a story about a ${kKinds[n % kKinds.length]} named ${kNames[n % kNames.length]} and a ${kThings[n % kThings.length]}.`;
}

/**
 * The body of a `response.create` for the n-th prompt.
 * @param {number} n
 * @param {object} [more]
 * @returns {Record<string, any>}
 */
export function bodyOf(n, more = {}) {
  return { ...(model ? { model } : {}), input: promptOf(n), max_output_tokens: maxTokens, ignore_eos: true, store: false, ...more };
}

/**
 * The same for chat completions.
 * @param {number} n
 * @param {object} [more]
 * @returns {Record<string, any>}
 */
export function chatBodyOf(n, more = {}) {
  return { ...(model ? { model } : {}), messages: [{ role: 'user', content: promptOf(n) }], max_tokens: maxTokens, ignore_eos: true, ...more };
}
