// The dashboard's page: how the connection is, what time is shown, the charts and the blocks.
import { useEffect, useState } from 'preact/hooks';

import { usePart } from '../keep/state.js';
import { Mark, Moon } from '../view/icons.jsx';
import { KeyDialog } from '../view/key_dialog.jsx';
import { isDark, switchTheme, watchTheme } from '../view/theme.js';
import { Chart } from './chart.jsx';
import { kCharts } from './charts.js';
import { Pools } from './pool.jsx';
import { kKept } from './watch.js';

const kLinks = { opening: 'connecting', open: 'live', lost: 'not connected', locked: 'locked' };
const kSpans = [[121, '2 minutes'], [kKept, '10 minutes']];

function Moment({ place, last, onPlace }) {
  const words = place === 0 ? 'now' : `${place} s before the newest`;
  return (
    <label class="moment-choice">
      <span>Moment</span>
      <input type="range" min={-last} max="0" value={-place} disabled={last < 1} aria-valuetext={words} onInput={({ target }) => onPlace(-Number(target.value))} />
      <output>{words}</output>
    </label>
  );
}

export function Board({ state, watch }) {
  const { link, wasRefused, model, samples, isHeld, blocks } = usePart(state, (value) => value);
  const [span, setSpan] = useState(kSpans[0][0]);
  const [wanted, setWanted] = useState(0);
  const [dark, setDark] = useState(isDark());
  useEffect(() => watchTheme(() => setDark(isDark())), []);
  const shown = samples.slice(-span);
  const last = Math.max(0, shown.length - 1);
  const place = Math.min(wanted, last);
  return (
    <>
      <header class="board-bar">
        <Mark />
        <h1>Octavo</h1>
        <p class={`link-state ${link}`} role="status"><i aria-hidden="true" />{model && <b>{model}</b>} {kLinks[link]}</p>
        <nav aria-label="Pages"><a class="link" href="/">Chat</a></nav>
        <button class="quiet" type="button" aria-label={dark ? 'Light' : 'Dark'} title={dark ? 'Light' : 'Dark'} onClick={switchTheme}><Moon /></button>
      </header>
      <main class="board">
        <div class="times" role="group" aria-label="What time is shown">
          <fieldset class="spans">
            <legend class="unseen">Length</legend>
            {kSpans.map(([value, words]) => <label key={value}><input type="radio" name="span" checked={span === value} onChange={() => setSpan(value)} /> {words}</label>)}
          </fieldset>
          <Moment place={place} last={last} onPlace={setWanted} />
          <button class="plain" type="button" aria-pressed={isHeld} onClick={() => watch.hold(!isHeld)}>Hold still</button>
        </div>
        <div class="charts">
          {kCharts.map((chart) => <Chart chart={chart} samples={shown} span={span} place={place} key={chart.name} />)}
        </div>
        {blocks && <div class="pools"><Pools map={blocks.map} colour={dark ? '#e58a6a' : '#a33b20'} /></div>}
      </main>
      {link === 'locked' && <KeyDialog wasRefused={wasRefused} onKey={(key) => watch.useKey(key)} />}
    </>
  );
}
