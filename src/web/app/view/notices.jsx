// Quiet lines above the message field: what the connection does, and what can be taken back.
import { useEffect } from 'preact/hooks';

import { titleOf } from '../talk/conversation.js';

const kPatience = 8_000;

function connectionWords({ link, hasConnected }) {
  if (link === 'lost') return hasConnected ? 'The connection was lost. Trying again.' : 'The server does not answer. Trying again.';
  if (link === 'leaving') return 'The server is about to restart. Messages are sent when it is back.';
  return null;
}

function Removed({ chat, removed }) {
  useEffect(() => {
    const timer = setTimeout(() => chat.conversations.forgetRemoved(), kPatience);
    return () => clearTimeout(timer);
  }, [removed]);
  return <p class="notice">Deleted “{titleOf(removed)}”. <button class="link" type="button" onClick={() => chat.conversations.restore()}>Undo</button></p>;
}

export function Notices({ chat, link, hasConnected, removed, isGone, isMissing, isKept, trouble, onSeen }) {
  const words = connectionWords({ link, hasConnected });
  return (
    <div class="notices" role="status">
      {words && <p class="notice">{words} {link === 'lost' && <button class="link" type="button" onClick={() => chat.reconnect()}>Now</button>}</p>}
      {removed && <Removed chat={chat} removed={removed} />}
      {isGone && <p class="notice">This conversation was deleted in another tab. What you write here brings it back.</p>}
      {isMissing && <p class="notice">The conversation of this address is not in this browser.</p>}
      {trouble && <p class="notice">{trouble} <button class="link" type="button" onClick={onSeen}>OK</button></p>}
      {!isKept && <p class="notice">This browser keeps nothing: conversations end with the page.</p>}
    </div>
  );
}
