// Markdown from a model, as HTML that is safe to show. The model's words are hostile: raw HTML is
// shown as text, no image is loaded, links lead to http, https and mail only, and what remains
// passes a sanitizer that knows a short list of tags.
import DOMPurify from 'dompurify';
import { Marked } from 'marked';

import { BlockReader } from './blocks.js';
import { FormulaLexer, formulaExtension, whileOpen } from './formula_tokens.js';
import { highlight } from './highlight.js';
import { indentedJson, isJson } from './json_text.js';

const kTags = ['a', 'blockquote', 'br', 'button', 'code', 'del', 'div', 'em', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr', 'li',
  'ol', 'p', 'pre', 'span', 'strong', 'table', 'tbody', 'td', 'th', 'thead', 'tr', 'ul'];
const kAttributes = ['class', 'href', 'rel', 'start', 'target', 'type'];
const kLinks = /^(?:https?:\/\/|mailto:)/i;
// Longer code is not coloured while it grows: it would be coloured anew with every frame.
const kMaxOpenCode = 8_000;
const kMaxCode = 200_000;

let isOpenBlock = false;

function escape(text) {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

const references = new Map(); // &name; -> whether HTML has such a character.

/// HTML also takes the beginning of a name for one, as in &notaname; where Markdown has no reference at all.
function isReference(reference) {
  if (!references.has(reference)) {
    const text = DOMPurify.sanitize(reference, { RETURN_DOM_FRAGMENT: true }).textContent;
    references.set(reference, text !== reference && (text === ';' || !text.endsWith(';')));
  }
  return references.get(reference);
}

/// Escapes what marked leaves: a text, or an address, in which references to characters still stand.
function escapeText(text) {
  return text.replace(/[<>"']|&[a-z]\w*;|&(?!#(?:\d{1,7}|x[0-9a-f]{1,6});)/gi, (found) => (found.length > 1 && isReference(found) ? found : `${escape(found[0])}${found.slice(1)}`));
}

function formula(source, { isBlock, isDisplay, isPending }) {
  const tag = isBlock ? 'div' : 'span';
  return `<${tag} class="math${isDisplay ? ' display' : ''}${isPending ? ' pending' : ''}">${escape(source)}</${tag}>`;
}

function link(href, inner) {
  if (!kLinks.test(href)) return inner;
  return `<a href="${escapeText(href)}" target="_blank" rel="noopener noreferrer">${inner}</a>`;
}

const renderer = {
  html: ({ text, block }) => (block ? `<p class="as-written">${escape(text.trimEnd())}</p>` : escape(text)),
  link({ href, tokens }) {
    return link(href, this.parser.parseInline(tokens));
  },
  text({ text, tokens, escaped }) {
    if (tokens) return this.parser.parseInline(tokens);
    return escaped ? text : escapeText(text);
  },
  image: ({ href, text }) => link(href, escape(text || 'image')),
  checkbox: ({ checked }) => (checked ? '☑ ' : '☐ '),
  list({ ordered, start, items }) {
    const body = items.map((item) => this.listitem(item)).join('');
    if (!ordered) return `<ul>${body}</ul>`;
    // A long number needs more room beside the text.
    const last = String(Number(start) + items.length - 1);
    return `<ol start="${Number(start)}" class="digits-${Math.min(last.length, 9)}">${body}</ol>`;
  },
  listitem(item) {
    return `<li${item.task ? ' class="task"' : ''}>${this.parser.parse(item.tokens)}</li>`;
  },
  code({ text, lang }) {
    const language = (lang ?? '').trim().split(/\s+/)[0];
    const isPlain = text.length > (isOpenBlock ? kMaxOpenCode : kMaxCode);
    if (language === 'math') return formula(text, { isBlock: true, isDisplay: true, isPending: isOpenBlock });
    const shown = language === 'json' && !isPlain && !isOpenBlock && isJson(text) ? indentedJson(text) : text;
    const body = (isPlain ? null : highlight(shown, language)) ?? escape(shown);
    const name = `<span class="code-name">${escape(language || 'text')}</span>`;
    const copy = '<button class="copy" type="button">Copy</button>';
    return `<div class="code"><div class="code-head">${name}${copy}</div><pre><code>${body}\n</code></pre></div>`;
  },
  table({ header, rows }) {
    const cell = (tag, { tokens, align }) => `<${tag}${align ? ` class="${align}"` : ''}>${this.parser.parseInline(tokens)}</${tag}>`;
    const cells = (row, tag) => `<tr>${row.map((each) => cell(tag, each)).join('')}</tr>`;
    const body = rows.map((row) => cells(row, 'td')).join('');
    return `<div class="table"><table><thead>${cells(header, 'th')}</thead><tbody>${body}</tbody></table></div>`;
  },
};

const marked = new Marked({ gfm: true, breaks: false, renderer }, formulaExtension(formula));

function lex(markdown, isOpen) {
  return whileOpen(isOpen ? markdown : null, () => new FormulaLexer(marked.defaults).lex(markdown));
}

function draw(markdown, isOpen) {
  isOpenBlock = isOpen;
  return DOMPurify.sanitize(marked.parser(lex(markdown, isOpen)), {
    ALLOWED_TAGS: kTags,
    ALLOWED_ATTR: kAttributes,
    ALLOWED_URI_REGEXP: kLinks,
    ADD_URI_SAFE_ATTR: ['rel', 'start', 'target', 'type'],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_TRUSTED_TYPE: true,
  });
}

export function newBlockReader() {
  return new BlockReader(lex, draw);
}

/// The code of a text as it was written, box by box.
export function codesOf(markdown) {
  const codes = [];
  const isShown = ({ type, lang }) => type === 'code' && (lang ?? '').trim().split(/\s+/)[0] !== 'math';
  marked.walkTokens(lex(markdown.replace(/\r\n?/g, '\n'), false), (token) => void (isShown(token) && codes.push(token.text)));
  return codes;
}
