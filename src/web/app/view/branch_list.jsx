// The branches of the open conversation beside the picture of the memory: what each takes, what it
// shares, its blocks lit while it is pointed at, and shown when it is picked.
import { pathTo } from '../talk/conversation.js';
import { sharesOf } from '../talk/shares.js';
import { shareWords } from '../text/memory_words.js';
import { lights } from './lights.js';

export function BranchList({ state, chat, conversation, map, palette }) {
  const shares = sharesOf(conversation, state.told.live, Object.values(map.tiers));
  if (shares.length < 2) return null;
  return (
    <ul class="branches" aria-label="Branches of this conversation">
      {shares.map((share) => (
        <li key={share.branch}>
          <button type="button" onClick={() => chat.conversations.showBranch(conversation.id, share.nodeId)} {...lights(chat, conversation.id, share.nodeId)}>
            <i class="hue" aria-hidden="true" style={{ background: palette.of(conversation.id, share.branch) }} />
            <span class="branch-said">{share.branch + 1} · {pathTo(conversation, share.nodeId).at(-2).text}</span>
            <span class="branch-share">{shareWords(share)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
