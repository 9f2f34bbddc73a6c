// Where formulas stand in Markdown. CommonMark knows none, so a backslash or an underscore in one would be taken for
// markup; the delimiters are those that models write:
//   \( .. \) and $ .. $ in a line, also $` .. `$;  \[ .. \], $$ .. $$ and \begin{equation} .. \end{equation} on their own.
// A lone $ is money more often than mathematics, so $ .. $ follows Pandoc's rules (no blank inside either $, no digit after
// the last) and GitHub's (no letter before the first or after the last). Plain words are no formula between whatever
// delimiters: \[as it seems\] is CommonMark's way to write brackets.

const kMaxLength = { inLine: 5_000, display: 10_000 };
const kOpener = /\$|\\[([]|\\begin\{/g;
const kEnvironment = /^\\begin\{((?:equation|align|alignat|gather|multline|CD)\*?)\}/;
const kWord = /[\p{L}\p{N}]/u;
const kMark = /[\\^_{}=]/;
const kWords = /\p{L}{2,}[^\p{L}]*\s[^\p{L}]*\p{L}{2,}|^\d[\d.,]*\s+\p{L}{2,}/u;
const kBlankLine = /\n[ \t]*\n/;

/// The first `close` from `from` on that no backslash takes away; -1 where there is none.
function closeOf(text, from, { close, isDisplay }) {
  const near = text.slice(from, from + (isDisplay ? kMaxLength.display : kMaxLength.inLine));
  if (!near.includes(close)) return -1; // Soon known, where many begin and none ends.
  for (let i = 0; i < near.length; ++i) {
    if (near.startsWith(close, i)) return from + i;
    if (near[i] === '\\') ++i;
  }
  return -1;
}

function isProse(tex) {
  return kWords.test(tex) && !kMark.test(tex);
}

/// Delimiters of what begins at `at`, whether or not it ends: { open, close, isDisplay }, or null.
function delimitersAt(text, at, before) {
  if (text.startsWith('\\(', at)) return { open: '\\(', close: '\\)', isDisplay: false };
  if (text.startsWith('\\[', at)) return { open: '\\[', close: '\\]', isDisplay: true };
  const environment = text[at] === '\\' && kEnvironment.exec(text.slice(at, at + 24));
  if (environment) return { open: '', close: `\\end{${environment[1]}}`, isDisplay: true };
  if (text[at] !== '$' || before === '$') return null;
  if (text[at + 1] === '$') return text[at + 2] === '$' ? null : { open: '$$', close: '$$', isDisplay: true };
  if (kWord.test(before)) return null;
  if (text[at + 1] === '`') return { open: '$`', close: '`$', isDisplay: false };
  return /\s/.test(text[at + 1] ?? ' ') ? null : { open: '$', close: '$', isDisplay: false };
}

function isClosed(text, end, { open }, tex) {
  if (/^[\\\s]*$/.test(tex) || isProse(tex)) return false;
  const after = text[end] ?? '';
  if (open === '$$') return after !== '$';
  if (!open.startsWith('$')) return true;
  return !(kWord.test(after) || after === '$' || after === '{') && (open === '$`' || !/\s$/.test(tex));
}

/// The formula that begins at `at`: { raw, tex, isDisplay }; null where none does. `before` is the character before it.
/// No formula goes over a blank line unless `mayBreak`.
export function formulaAt(text, at = 0, before = text[at - 1] ?? '', mayBreak = false) {
  const delimiters = delimitersAt(text, at, before);
  if (!delimiters) return null;
  const { open, close, isDisplay } = delimiters;
  const from = at + open.length;
  const closeAt = closeOf(text, from, delimiters);
  if (closeAt < 0) return null;
  const end = closeAt + close.length;
  const tex = open ? text.slice(from, closeAt) : text.slice(at, end);
  if (!isClosed(text, end, delimiters, tex) || (!mayBreak && kBlankLine.test(tex))) return null;
  return { raw: text.slice(at, end), tex: tex.trim(), isDisplay };
}

/// Does a formula begin here whose end may still be on its way? For a lone $ only what looks like TeX.
export function mayBecomeFormula(text, at = 0, before = text[at - 1] ?? '') {
  const delimiters = delimitersAt(text, at, before);
  if (!delimiters) return false;
  const rest = text.slice(at + delimiters.open.length);
  if (rest.length > kMaxLength.display || closeOf(text, at + delimiters.open.length, delimiters) >= 0) return false;
  return delimiters.open === '$' ? kMark.test(rest) && !/^\d[\d.,]*\s/.test(rest) : true;
}

/// Where the next formula may begin at or after `from`; -1 where none can.
export function nextOpener(text, from = 0) {
  kOpener.lastIndex = from;
  return kOpener.exec(text)?.index ?? -1;
}

/// All formulas of one run of text: [{ start, end, isDisplay }]. Those in code are none.
export function formulasIn(text) {
  const found = [];
  for (let i = 0; i < text.length; ++i) {
    const formula = formulaAt(text, i);
    if (formula) {
      found.push({ start: i, end: i + formula.raw.length, isDisplay: formula.isDisplay });
      i += formula.raw.length - 1;
    } else if (text[i] === '\\') {
      ++i;
    } else if (text[i] === '`') {
      i += codeSpanLength(text, i) - 1;
    }
  }
  return found;
}

/// The length of the code span that begins at a backtick, or of the backticks where none does.
function codeSpanLength(text, at) {
  const ticks = /^`+/.exec(text.slice(at))[0];
  const end = new RegExp(`[^\`]${ticks}(?!\`)`).exec(text.slice(at + ticks.length));
  return end ? ticks.length + end.index + end[0].length : ticks.length;
}
