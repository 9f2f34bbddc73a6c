// Plots as SVG that stands in a page by itself. Colours are variables of the page, which has two sets of them.

const kWidth = 560;
const kHeight = 230;
const kLeft = 56;
const kBottom = 26;
const kTop = 12;

/** @param {string} text */
export const escaped = (text) => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);

/**
 * Round numbers that cover a range: about four of them, on a straight or a logarithmic axis.
 * @param {number} low
 * @param {number} high
 * @param {boolean} isLog
 */
export function ticks(low, high, isLog) {
  /** @type {number[]} */
  const found = [];
  if (isLog) {
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); ++power) {
      for (const digit of high / low > 300 ? [1] : [1, 2, 5]) {
        // 10 ** -1 * 5 is not 0.5 in binary.
        const value = Number((digit * 10 ** power).toPrecision(3));
        if (value >= low && value <= high) found.push(value);
      }
    }
    return found;
  }
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((digit) => digit * power).find((each) => each >= rough) || rough;
  for (let n = Math.ceil(low / step); n * step <= high * 1.0001; ++n) found.push(Number((n * step).toPrecision(6)));
  return found;
}

/**
 * @typedef {{ name: string, values: (number | null)[], color: number }} Series
 * @typedef {{ title: string, unit: string, labels: string[], series: Series[], isLog?: boolean, isBars?: boolean }} Plot
 */

/**
 * One plot: lines over the labels, or bars.
 * @param {Plot} plot
 */
export function plotOf({ title, unit, labels, series, isLog = false, isBars = false }) {
  const values = series.flatMap((each) => each.values).filter((value) => value !== null && (!isLog || value > 0)).map(Number);
  if (values.length === 0) return '';
  const most = Math.max(...values);
  const low = isLog ? Math.min(...values) * 0.8 : 0;
  const high = isLog ? most * 1.25 : most * 1.1 || 1;
  const height = (/** @type {number} */ value) => (isLog ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low));
  const y = (/** @type {number} */ value) => kHeight - kBottom - height(value) * (kHeight - kBottom - kTop);
  const step = (kWidth - kLeft - 12) / Math.max(1, isBars ? labels.length : labels.length - 1);
  const x = (/** @type {number} */ n) => kLeft + step * (n + (isBars ? 0.5 : 0));
  const grid = ticks(low, high, isLog).map((value) => `<line class="grid" x1="${kLeft}" x2="${kWidth - 12}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}"/>`
    + `<text x="${kLeft - 8}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${value}</text>`).join('');
  // Labels that would touch each other are left out.
  const every = Math.ceil(Math.max(1, labels.join('').length * 8 / (kWidth - kLeft)));
  const names = labels.map((label, n) => (n % every ? '' : `<text x="${x(n).toFixed(1)}" y="${kHeight - 8}" text-anchor="middle">${escaped(label)}</text>`)).join('');
  const marks = series.map((each) => (isBars ? bars(each, x, y, step) : line(each, x, y))).join('');
  const key = series.length < 2 ? '' : series.map((each) => `<span><i class="c${each.color}"></i>${escaped(each.name)}</span>`).join('');
  return `<figure><figcaption>${escaped(title)} <small>${escaped(unit)}</small><div class="key">${key}</div></figcaption>`
    + `<svg viewBox="0 0 ${kWidth} ${kHeight}" role="img" aria-label="${escaped(title)}">${grid}${names}${marks}</svg></figure>`;
}

/**
 * A line that breaks where a value is missing.
 * @param {Series} series
 * @param {(n: number) => number} x
 * @param {(value: number) => number} y
 */
function line({ name, values, color }, x, y) {
  let path = '';
  let isDown = false;
  let dots = '';
  values.forEach((value, n) => {
    const isThere = value !== null && Number.isFinite(y(value));
    if (isThere) {
      const at = `${x(n).toFixed(1)} ${y(value).toFixed(1)}`;
      path += `${isDown ? 'L' : 'M'}${at}`;
      dots += `<circle class="c${color}" cx="${x(n).toFixed(1)}" cy="${y(value).toFixed(1)}" r="2.5"><title>${escaped(name)}: ${Number(value.toPrecision(3))}</title></circle>`;
    }
    isDown = isThere;
  });
  return `<path class="line c${color}" d="${path}"/>${dots}`;
}

/**
 * @param {Series} series
 * @param {(n: number) => number} x
 * @param {(value: number) => number} y
 * @param {number} step
 */
function bars({ name, values, color }, x, y, step) {
  return values.map((value, n) => (value === null ? '' : `<rect class="c${color}" x="${(x(n) - step * 0.36).toFixed(1)}" width="${(step * 0.72).toFixed(1)}" `
    + `y="${y(value).toFixed(1)}" height="${(y(0) - y(value)).toFixed(1)}"><title>${escaped(name)}: ${Number(value.toPrecision(3))}</title></rect>`)).join('');
}
