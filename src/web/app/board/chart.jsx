// One chart: its lines over the shown time, and their values at the moment that is looked at, in words.
import { axisEnd, pathOf } from './charts.js';

const kWidth = 600;

export function Chart({ chart, samples, span, place }) {
  const { name, note, words, least, lines } = chart;
  const most = Math.max(0, ...samples.flatMap(({ values }) => lines.map(([key]) => values[key] ?? 0)));
  const end = axisEnd(most, least);
  const looked = samples.at(-1 - place)?.values ?? {};
  const said = lines.map(([key, label]) => [label, looked[key] === null || looked[key] === undefined ? 'none' : words(looked[key])]);
  const x = kWidth - (place * kWidth) / Math.max(1, span - 1);
  const id = `chart-${name.toLowerCase().replace(/\W+/g, '-')}`;
  return (
    <section class="chart" aria-labelledby={id}>
      <h2 id={id}>{name}</h2>
      <p class="chart-note">{note}</p>
      <div class="plot" aria-hidden="true">
        <span class="plot-end">{words(end)}</span>
        <svg viewBox={`0 0 ${kWidth} 100`} preserveAspectRatio="none">
          <path class="grid" d={`M0 0H${kWidth}M0 50H${kWidth}M0 100H${kWidth}`} />
          {lines.map(([key], i) => <path class={`line line-${i}`} d={pathOf(samples, key, end, span, kWidth)} key={key} />)}
          {place > 0 && <path class="moment" d={`M${x} 0V100`} />}
        </svg>
      </div>
      <dl class="values">
        {said.map(([label, value], i) => <div key={label}><dt><i class={`line-${i}`} aria-hidden="true" />{label}</dt><dd>{value}</dd></div>)}
      </dl>
    </section>
  );
}
