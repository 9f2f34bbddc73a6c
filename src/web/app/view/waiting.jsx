// What an answer waits for, in its place. Its room is the same whatever it says, so that nothing moves as it changes.
import { progressWords } from '../talk/progress.js';

const kPhases = { waiting: 'Waiting for the server', reading: 'Reading', paused: 'Waiting for memory', elsewhere: 'Written in another tab' };

function Bar({ words, share }) {
  return <span class="waiting-bar" role="progressbar" aria-label={words} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.floor(100 * share)}><i style={{ width: `${100 * share}%` }} /></span>;
}

export function Waiting({ phase, progress }) {
  if (!kPhases[phase]) return null;
  const { main, detail, share } = phase === 'reading' && progress ? progressWords(progress) : { main: kPhases[phase], detail: '', share: null };
  return (
    <div class={`waiting ${phase}`}>
      <span class="pulse" aria-hidden="true" />
      <p>{main}{detail && <> <span class="waiting-detail">{detail}</span></>}</p>
      {share !== null && <Bar words="Of the prompt" share={share} />}
    </div>
  );
}
