// The functions that a model may call, as the Responses API lists them: typed by a person or brought by a file.

const kMaxTools = 512;
const kName = /^[\w-]{1,64}$/;
const kChoices = ['auto', 'none', 'required'];

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fail(place, words) {
  throw new Error(`Function ${place}: ${words}`);
}

/// One function, with nothing but what the server knows. Chat completions have its members in an object of their own.
function functionOf(raw, place, names) {
  if (!isObject(raw)) fail(place, 'an object { … } is needed.');
  if (raw.type !== 'function') fail(place, `"type" must be "function"${typeof raw.type === 'string' ? `, not “${raw.type.slice(0, 40)}”` : ''}.`);
  const { name, description, parameters, strict } = isObject(raw.function) ? raw.function : raw;
  if (typeof name !== 'string' || !kName.test(name)) fail(place, '"name" must be up to 64 letters, digits, underscores and hyphens.');
  if (names.has(name)) fail(place, `there is a function ${name} already.`);
  names.add(name);
  if (![undefined, null].includes(description) && typeof description !== 'string') fail(place, '"description" must be a text.');
  if (![undefined, null].includes(parameters) && !isObject(parameters)) fail(place, '"parameters" must be a JSON schema: an object { … }.');
  if (![undefined, null].includes(strict) && typeof strict !== 'boolean') fail(place, '"strict" must be true or false.');
  return { type: 'function', name, ...(description ? { description } : {}), ...(parameters ? { parameters } : {}), ...(typeof strict === 'boolean' ? { strict } : {}) };
}

/// Throws an Error that says what is wrong.
export function checkedTools(raw) {
  if (!Array.isArray(raw)) throw new Error('A list [ … ] of functions is needed.');
  if (raw.length > kMaxTools) throw new Error(`There may be ${kMaxTools} functions at most.`);
  const names = new Set();
  return raw.map((each, i) => functionOf(each, i + 1, names));
}

/// Of what a person typed; nothing is an empty list. Throws as checkedTools() does.
export function toolsOfText(text) {
  if (text.trim() === '') return [];
  let raw;
  try {
    raw = JSON.parse(text);
  } catch ({ message }) {
    throw new Error(`This is not JSON: ${message}`);
  }
  return checkedTools(raw);
}

/// The tools among settings that may be wrong: { tools, tool_choice }, without what is not set.
export function cleanTools({ tools: raw, tool_choice: choice }) {
  const set = kChoices.includes(choice) && choice !== 'auto' ? { tool_choice: choice } : {};
  try {
    const tools = checkedTools(raw);
    return tools.length > 0 ? { tools, ...set } : set;
  } catch {
    return set;
  }
}
