// Formulas as an extension of marked: they are found before anything in them can be taken for markup, and drawn as their
// own source, which view/formulas.js sets once the browser has what that takes. What cannot be set stays as it was written.
import { Lexer } from 'marked';

import { formulaAt, formulasIn, mayBecomeFormula, nextOpener } from './formulas.js';

const kBlockOpener = /^ {0,3}(?=\$\$|\\\[|\\begin\{)/;
const kBlockLine = /\n {0,3}(?=\$\$|\\\[|\\begin\{)/g;
const kBlankLine = /\n[ \t]*(?:\n|$)/;
// What begins a block of another kind than a paragraph.
const kOtherBlock = /^(?: {4}| {0,3}\t| {0,3}(?:#{1,6}(?:\s|$)|>|[-*+](?:\s|$)|\d{1,9}[.)](?:\s|$)|`{3}|~{3}|<|\|))/;

let line = ''; // The run of text whose inline tokens are read.
let openText = null; // While an answer is written: its end, where a formula may still go on.

/// Runs `read` on a text that is still being written, or on one that is over (null).
export function whileOpen(text, read) {
  openText = text;
  try {
    return read();
  } finally {
    openText = null;
  }
}

function isAtEnd(src) {
  return openText !== null && openText.trimEnd().endsWith(src.trimEnd());
}

function lastCharacter(tokens) {
  return tokens.at(-1)?.raw.at(-1) ?? '';
}

/// A formula that stands alone on its lines.
function readBlock(src) {
  const indent = kBlockOpener.exec(src)?.[0].length;
  if (indent === undefined) return undefined;
  const isFence = /^(?:\$\$|\\\[)[ \t]*\n/.test(src.slice(indent));
  const formula = formulaAt(src, indent, '', isFence);
  if (formula) {
    const rest = /^[ \t]*(?:\n|$)/.exec(src.slice(indent + formula.raw.length));
    return rest ? { type: 'formulaBlock', raw: src.slice(0, indent + formula.raw.length + rest[0].length), source: formula.raw } : undefined;
  }
  if (!isAtEnd(src) || !mayBecomeFormula(src, indent, '') || (!isFence && kBlankLine.test(src.trimEnd()))) return undefined;
  return { type: 'formulaBlock', raw: src, source: src.slice(indent), isPending: true };
}

function startOfBlock(src) {
  const blank = src.search(kBlankLine);
  const near = blank < 0 ? src : src.slice(0, blank);
  for (const line of near.matchAll(kBlockLine)) if (readBlock(src.slice(line.index + 1))) return line.index;
  return undefined;
}

/// A paragraph whose formula has lines that look like a list, a heading's underline or the like.
function readParagraph(src) {
  const blank = src.search(kBlankLine);
  const near = blank < 0 ? src : src.slice(0, blank);
  if (nextOpener(near) < 0 || kOtherBlock.test(src) || /^\s*\n/.test(src)) return undefined;
  const { block } = this.lexer.tokenizer.rules;
  const natural = (block.lheading.exec(src) ?? block.paragraph.exec(src))?.[0].trimEnd().length ?? 0;
  const astride = formulasIn(near).find(({ start, end }) => start < natural && end > natural);
  if (!astride) return undefined;
  const lineStart = near.lastIndexOf('\n', astride.start) + 1;
  const isBlock = astride.isDisplay && lineStart > 0 && !near.slice(lineStart, astride.start).trim();
  const lineEnd = near.indexOf('\n', astride.end);
  const raw = isBlock ? near.slice(0, lineStart) : lineEnd < 0 ? near : near.slice(0, lineEnd + 1);
  const token = { type: this.lexer.state.top ? 'paragraph' : 'text', raw, text: raw.trim(), tokens: [] };
  this.lexer.inline(token.text, token.tokens);
  return token;
}

function startInLine(src) {
  const at = nextOpener(src);
  return at < 0 ? undefined : at;
}

function readInline(src, tokens) {
  const before = lastCharacter(tokens);
  const formula = formulaAt(src, 0, before);
  if (formula) return { type: 'formula', raw: formula.raw, source: formula.raw, isDisplay: formula.isDisplay };
  if (!isAtEnd(src) || !mayBecomeFormula(src, 0, before)) return undefined;
  return { type: 'formula', raw: src, source: src, isPending: true };
}

/// Reads like marked, and knows which line it is in.
export class FormulaLexer extends Lexer {
  inlineTokens(src, tokens) {
    line = src;
    return super.inlineTokens(src, tokens);
  }
}

/// Marked looks for the ends of emphasis in a copy of the line with code and links hidden: hides the formulas as well.
function emStrongMask(hidden) {
  if (nextOpener(line) < 0) return hidden;
  return formulasIn(line).reduceRight((text, { start, end }) => text.slice(0, start) + 'x'.repeat(end - start) + text.slice(end), hidden);
}

/// For marked, whose lexer must be a FormulaLexer. `draw(source, { isBlock, isDisplay, isPending })`: a formula as HTML.
export function formulaExtension(draw) {
  return {
    extensions: [
      // The one that stands last is tried first.
      { name: 'formulaParagraph', level: 'block', tokenizer: readParagraph },
      { name: 'formulaBlock', level: 'block', start: startOfBlock, tokenizer: readBlock, renderer: (token) => draw(token.source, { ...token, isBlock: true, isDisplay: true }) },
      { name: 'formula', level: 'inline', start: startInLine, tokenizer: readInline, renderer: (token) => draw(token.source, token) },
    ],
    hooks: { emStrongMask },
  };
}
