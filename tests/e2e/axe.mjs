// The page before axe-core: what is not accessible in the state that it is in.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const kRules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/// Every violation in one line: the rule, and where.
export async function violations(page) {
  await page.evaluate(source);
  const found = await page.evaluate(async (values) => (await window.axe.run(document, { runOnly: { type: 'tag', values } })).violations, kRules);
  return found.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')} (${failureSummary.split('\n').slice(1).join(' ').trim()})`));
}
