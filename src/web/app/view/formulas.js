// Sets the formulas of an answer with KaTeX, which is loaded with the first of them. They stand in the page as their source;
// what cannot be set, or only with help from elsewhere, stays so. KaTeX builds elements rather than HTML, so that neither its
// styles nor a hostile formula need anything that the content security policy forbids.
import { formulaAt } from '../text/formulas.js';

const kWaiting = '.math:not(.pending, .set, .as-written)';
const kOptions = { trust: refuse, strict: 'ignore', throwOnError: true, maxSize: 10, maxExpand: 500 };
const kMaxLength = 5_000;
const kMaxDepth = 300; // Elements in one another: thousands of them can end a browser's tab.
const kMaxEms = 100; // Size of any part: KaTeX bounds sizes above, not below.
const kAtOnce = 60;
const kNarrow = 24; // Characters of a formula that fit into every line.
const kMaxCached = 1_000;

/// Links, pictures, classes and styles of a formula's own.
function refuse({ command }) {
  throw new Error(`${command} is not allowed`);
}

const cached = new Map(); // A formula's Markdown -> the element that holds it set; null for one that cannot be set.
const waiting = []; // Elements that are to be set, in the order in which they were drawn.
let isSoon = false;
let katex = null;
let loading = null;

function loadSheet() {
  return new Promise((resolve, reject) => {
    const sheet = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: 'math.css', onload: resolve, onerror: reject });
    document.head.append(sheet);
  });
}

async function load() {
  try {
    [katex] = await Promise.all([import('katex').then((module) => module.default), loadSheet()]);
  } catch {
    loading = null; // The server is gone; the next formula tries again.
  }
}

function isModest(element, depth = 0) {
  const sizes = element.style.cssText.match(/[\d.]+(?=em)/g) ?? [];
  return depth < kMaxDepth && sizes.every((size) => size <= kMaxEms) && [...element.children].every((child) => isModest(child, depth + 1));
}

function render(source, isDisplay) {
  const tex = formulaAt(source, 0, '', true)?.tex ?? source; // A block of code named math has no delimiters.
  const holder = document.createElement('span');
  try {
    if (tex.length > kMaxLength) return null;
    katex.render(tex, holder, { ...kOptions, displayMode: isDisplay });
    return isModest(holder) ? holder : null;
  } catch {
    return null;
  }
}

function setOne(element) {
  if (!element.matches(kWaiting)) return;
  const source = element.textContent;
  const isDisplay = element.classList.contains('display');
  const key = `${isDisplay} ${source}`;
  if (!cached.has(key)) {
    if (cached.size >= kMaxCached) cached.clear();
    cached.set(key, render(source, isDisplay));
  }
  const holder = cached.get(key);
  element.classList.add(holder ? 'set' : 'as-written');
  if (!holder) return;
  element.dataset.source = source;
  element.replaceChildren(...holder.cloneNode(true).childNodes);
}

function widthAround(element) {
  for (let around = element.parentElement; around; around = around.parentElement) if (around.clientWidth > 0) return around.clientWidth;
  return Infinity;
}

/// A formula in a line breaks between its parts; one whose part is wider than the line gets a line of its own, to be scrolled.
function fit(elements) {
  const inLine = elements.filter((element) => element.matches('.set:not(.display)') && !element.closest('.table'));
  inLine.forEach((element) => element.classList.remove('wide'));
  const isWide = inLine.map((element) => {
    const width = widthAround(element);
    return [...element.querySelectorAll('.katex-base')].some((part) => part.offsetWidth > width);
  });
  inLine.forEach((element, i) => isWide[i] && element.classList.add('wide'));
}

addEventListener('resize', () => fit([...document.querySelectorAll('.math.set')]));

/// Sets the last formulas that wait, those of all answers that are drawn together; the others follow frame by frame. To
/// measure is to lay out the whole page, so it is done once, and not for what is narrow in any case.
function setLast() {
  isSoon = false;
  const last = waiting.splice(-kAtOnce).filter(({ isConnected }) => isConnected);
  last.forEach(setOne);
  const perhapsWide = last.filter(({ dataset }) => dataset.source?.length > kNarrow);
  if (perhapsWide.length > 0) fit(perhapsWide);
  if (waiting.length > 0) setTimeout(setLast);
}

/// Sets what stands in `container` and is not set yet: before the next frame, or when KaTeX has been loaded.
export function setFormulas(container) {
  const found = container.querySelectorAll(kWaiting);
  if (found.length === 0) return;
  if (!katex) {
    loading ??= load();
    loading.then(() => katex && setFormulas(container));
    return;
  }
  waiting.push(...found);
  if (!isSoon) queueMicrotask(setLast);
  isSoon = true;
}

/// Copies what is selected with its formulas as they were written.
export function copyFormulas(event) {
  const part = getSelection().getRangeAt(0).cloneContents();
  const formulas = part.querySelectorAll('.math.set');
  if (formulas.length === 0) return;
  for (const each of formulas) each.textContent = each.dataset.source;
  const holder = Object.assign(document.createElement('div'), { className: 'unseen' });
  holder.style.whiteSpace = 'pre-wrap';
  holder.append(part);
  document.body.append(holder);
  event.clipboardData.setData('text/plain', holder.innerText);
  event.preventDefault();
  holder.remove();
}
