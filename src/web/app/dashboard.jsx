// The dashboard: what the server does, live, from its own feeds.
import { render } from 'preact';

import { Board } from './board/board.jsx';
import { Watch } from './board/watch.js';
import { State } from './keep/state.js';
import { followTheme } from './view/theme.js';

const state = new State({
  link: 'opening', // opening, open, lost, locked
  wasRefused: false, // locked, and the key that was given is wrong
  model: '',
  samples: [], // one a second, the oldest first
  isHeld: false, // what is shown stands still
  blocks: null, // { map }: the server's block pools
}, 'link');
const watch = new Watch(state);

followTheme();
render(<Board state={state} watch={watch} />, document.body);
addEventListener('online', () => watch.reconnect());
watch.start();
