// Two answers to one question beside each other, each with the settings that it was given with, until one is chosen.
import { settingsWords } from '../text/settings_words.js';
import { Answer } from './answer.jsx';

export function Pair({ state, chat, conversation, pair, palette }) {
  const settings = pair.map((node) => node.settings ?? conversation.settings);
  return (
    <section class="pair" aria-label="Two answers to the same question">
      {pair.map((node, side) => {
        const name = 'AB'[side];
        return (
          <div class="pair-side" key={node.id} role="group" aria-label={`Answer ${name}`}>
            <p class="pair-head"><b>{name}</b> <span>{settingsWords(settings[side], settings[1 - side])}</span></p>
            <Answer state={state} chat={chat} conversation={conversation} node={node} isLast isBeside palette={palette} />
            <button class="choose" type="button" aria-label={`Go on with this: answer ${name}`} onClick={() => chat.conversations.choose(conversation.id, node.id)}>Go on with this</button>
          </div>
        );
      })}
    </section>
  );
}
