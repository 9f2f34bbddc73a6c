// JSON as people read it: indented and told apart by kind. Nothing but blanks between tokens is changed, so that a number
// keeps its digits and a key that stands twice still does; half a text, as it comes from a model, is read as far as it goes.

const kBlank = /\s/;
const kWord = /[\w.+-]/;

function endOfString(text, at) {
  for (let i = at + 1; i < text.length; ++i) {
    if (text[i] === '\\') ++i;
    else if (text[i] === '"') return i + 1;
  }
  return text.length;
}

function endOfWord(text, at) {
  let end = at + 1;
  while (end < text.length && kWord.test(text[end])) ++end;
  return end;
}

function kindOf(word) {
  if (word[0] === '"') return 'string';
  return /^-?\d/.test(word) ? 'number' : 'literal';
}

/// { kind: mark, string, number or literal, text } for each token, without the blanks.
export function* jsonTokens(text) {
  for (let at = 0; at < text.length;) {
    const letter = text[at];
    if (kBlank.test(letter)) {
      ++at;
      continue;
    }
    const end = letter === '"' ? endOfString(text, at) : kWord.test(letter) ? endOfWord(text, at) : at + 1;
    const word = text.slice(at, end);
    yield { kind: letter === '"' || kWord.test(letter) ? kindOf(word) : 'mark', text: word };
    at = end;
  }
}

/// One JSON object or array, and nothing beside it.
export function isJson(text) {
  const first = text.trimStart()[0];
  if (first !== '{' && first !== '[') return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/// Does a text that is still being written begin as JSON does?
export function beginsAsJson(text) {
  return /^\s*(?:\{\s*(?:"|$)|\[\s*[{["])/.test(text);
}

/// The indented text in parts for drawing: { kind: key, string, number, literal or null, text }; joined they are the text.
export function jsonParts(text) {
  const parts = [];
  let plain = '';
  let depth = 0;
  let before = '';
  const line = () => `\n${'  '.repeat(depth)}`;
  const add = (kind, word) => {
    if (plain) parts.push({ kind: null, text: plain });
    plain = '';
    parts.push({ kind, text: word });
  };
  for (const token of jsonTokens(text)) {
    const closes = token.text === '}' || token.text === ']';
    if (closes) depth = Math.max(0, depth - 1);
    const isEmpty = closes && (before === '{' || before === '[');
    if ((closes && !isEmpty) || (!closes && ['{', '[', ','].includes(before))) plain += line();
    if (token.kind === 'mark') {
      if (token.text === ':' && parts.at(-1)?.kind === 'string' && plain === '') parts.at(-1).kind = 'key';
      plain += token.text === ':' ? ': ' : token.text;
      if (token.text === '{' || token.text === '[') ++depth;
    } else {
      add(token.kind, token.text);
    }
    before = token.text;
  }
  if (plain) parts.push({ kind: null, text: plain });
  return parts;
}

export function indentedJson(text) {
  return jsonParts(text).map((part) => part.text).join('');
}
