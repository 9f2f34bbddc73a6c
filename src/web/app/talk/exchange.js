// What goes over the connection and what comes back: requests wait here for a lane or a connection, events find their answers,
// and what was lost is sent again.
import { afterEvent, asNew, contentOf, failed, hasBegun, isOver } from '../wire/answer.js';
import { Lanes } from '../wire/lanes.js';
import { isRefusal, Link } from '../wire/link.js';
import { continueEvent, createEvent, resumeEvent } from '../wire/request.js';
import { bytesOf, startOf } from './context.js';
import { newId, pathTo } from './conversation.js';
import { progressSaid } from './progress.js';
import { kBegun, kThinking, saidOf } from './said.js';

export const kMaxSent = 3; // A message with which the connection was lost so often is not sent again by itself.

function refusalWords(code, reason) {
  if (code === 1009) return 'the message is larger than the server takes';
  return `the server closed the connection over this message (code ${code}${reason ? `: ${reason}` : ''})`;
}

export class Exchange {
  #state;
  #live;
  #memory;
  #link;
  #lanes = new Lanes(16, `page-${newId().slice(0, 8)}`);
  #known = new Map(); // Answer id -> { responseId, start: what it was sent from, isPart: it wrote the end alone }; only as long as the connection.
  #sentBytes = new Map(); // Answer id -> bytes of what asked for it, on this connection.
  #unsent = []; // Ids of answers that wait for a lane or a connection.
  #isDraining = false;

  constructor(state, live, memory, inspector) {
    this.#state = state;
    this.#live = live;
    this.#memory = memory;
    this.#link = new Link({
      onFrame: (direction, text, isFeed) => inspector.note(direction, text, isFeed),
      onOpen: (model) => this.#connected(model),
      onEvent: (event) => this.#receive(event),
      onClose: (loss) => this.#lost(loss),
      onKeyNeeded: (wasRefused) => this.#state.set({ link: 'locked', wasRefused }),
    });
  }

  open(key) {
    return this.#link.open(key);
  }

  hurry() {
    this.#link.hurry();
  }

  /// Does nothing without a connection.
  tell(event) {
    if (this.#link.isOpen) this.#link.send(event);
  }

  /// Asks for answers that have begun to live.
  ask(answerIds) {
    this.#unsent.push(...answerIds);
    this.#sendNext();
  }

  /// Of an answer that another page has asked for, what this one has not.
  takeUp(answerId) {
    this.#hold(answerId, this.#live.get(answerId));
    if (this.#link.isOpen) this.#resumeAll();
  }

  stop(answerId) {
    const live = this.#live.get(answerId);
    const lane = this.#lanes.of(answerId);
    if (lane === undefined || !this.#link.isOpen) return this.#finish(answerId, { ...live.answer, phase: 'stopped' });
    const id = live.answer.responseId;
    this.#link.send({ type: 'response.cancel', ...(id ? { response_id: id } : { stream_id: lane }) });
  }

  #sendNext() {
    while (this.#unsent.length > 0 && this.#link.isOpen && !this.#isDraining) {
      const answerId = this.#unsent[0];
      const live = this.#live.get(answerId);
      const conversation = live && this.#conversation(live.conversationId);
      if (conversation) {
        const path = pathTo(conversation, answerId);
        const lane = this.#lanes.take(answerId, path.at(-3)?.id);
        if (lane === null) return;
        const start = startOf(path);
        this.#live.set(answerId, { ...live, lane, start, numSent: live.numSent + 1 });
        this.#send(answerId, this.#eventFor(conversation, path, lane, start));
      }
      this.#unsent.shift();
    }
  }

  #eventFor(shown, path, lane, start) {
    const { id, text, beside, settings } = path.at(-1);
    // An answer that stands beside another has settings of its own, and what was given with its own goes on with them.
    const conversation = settings && (beside || text) ? { ...shown, settings } : shown;
    const own = text && this.#known.get(id);
    if (own && own.start === start) return continueEvent(conversation, lane, own.responseId);
    const isWhole = ([, each]) => each.start === start && !each.isPart;
    const known = new Map([...this.#known].filter(isWhole).map(([answerId, { responseId }]) => [answerId, responseId]));
    return createEvent(conversation, path.at(-2).id, lane, known, text);
  }

  /// What is as large as something that the server did not take is not sent.
  #send(answerId, event) {
    const text = JSON.stringify(event);
    const numBytes = bytesOf(text);
    this.#sentBytes.set(answerId, numBytes);
    if (numBytes < this.#value.refusedBytes) this.#link.sendText(text);
    else queueMicrotask(() => this.#refuse(answerId, { code: 1009, reason: '' }));
  }

  #refuse(answerId, { code, reason }) {
    const live = this.#live.get(answerId);
    if (live) this.#finish(answerId, failed(live.answer, refusalWords(code, reason), code === 1009 ? 'message_too_large' : 'message_refused'));
  }

  #resend(answerId) {
    this.#unsent.unshift(answerId);
    this.#sendNext();
  }

  #connected(model) {
    this.#isDraining = false;
    this.#state.set({ link: 'open', model: model.id, contextLength: model.max_model_len ?? null, modelDefaults: model.octavo?.defaults ?? {} });
    this.#memory.opened();
    this.#resumeAll();
    this.#sendNext();
  }

  #lost(loss) {
    this.#known.clear();
    this.#memory.lost();
    const running = this.#lanes.reset().filter((id) => this.#live.get(id));
    this.#state.set({ link: 'lost', retryAt: Date.now() + loss.retryMs });
    if (isRefusal(loss.code)) this.#blame(running, loss);
    this.#sentBytes.clear();
    for (const answerId of running.reverse()) {
      const live = this.#live.get(answerId);
      if (!live) continue;
      // The server writes on what it has begun, and keeps it for a while.
      if (live.answer.responseId && (live.numResumed ?? 0) < kMaxSent) this.#hold(answerId, live);
      else this.#giveUp(answerId, live);
    }
  }

  /// An answer waits for the next connection, to be come back to.
  #hold(answerId, live) {
    this.#lanes.adopt(live.lane, answerId);
    this.#live.set(answerId, { ...live, isHeld: true, answer: { ...live.answer, phase: 'waiting' } });
  }

  #resumeAll() {
    for (const [answerId, live] of this.#live.entries()) {
      if (!live.isHeld) continue;
      this.#live.set(answerId, { ...live, isHeld: false, numResumed: (live.numResumed ?? 0) + 1 });
      this.#link.send(resumeEvent(live.lane, live.answer));
    }
  }

  /// An answer that cannot be come back to. What has not begun is asked again by itself; half an answer is shown as such.
  #giveUp(answerId, live) {
    const { answer, numSent, lossWords } = live;
    if (hasBegun(answer) || lossWords) return this.#finish(answerId, failed(answer, lossWords ?? 'the connection was lost'));
    if (numSent >= kMaxSent) return this.#finish(answerId, failed(answer, 'the connection was lost each time that this was sent'));
    this.#lanes.release(live.lane);
    this.#live.set(answerId, { ...live, numResumed: 0, answer: asNew(answer) });
    this.#resend(answerId);
  }

  /// The server closed the connection over something that was sent: the largest of what it has not begun to answer, or
  /// the last. The others are sent again without it.
  #blame(running, loss) {
    const unanswered = running.filter((id) => !this.#live.get(id).answer.responseId);
    const size = (id) => this.#sentBytes.get(id) ?? 0;
    const guilty = loss.code === 1009 ? unanswered.reduce((a, b) => (size(b) > size(a) ? b : a), unanswered[0]) : unanswered.at(-1);
    if (!guilty) return;
    if (loss.code === 1009) this.#state.set({ refusedBytes: Math.min(this.#value.refusedBytes, size(guilty)) });
    this.#refuse(guilty, loss);
  }

  #receive(event) {
    if (event.type === 'octavo:goaway') {
      this.#isDraining = true;
      return this.#state.set({ link: 'leaving' });
    }
    if (this.#memory.take(event)) return;
    const answerId = this.#lanes.at(event.stream_id);
    const live = this.#live.get(answerId);
    if (!live) return;
    if (event.type === 'error' && live.numResumed > 0) return this.#giveUp(answerId, live);
    if (event.type === 'error' && this.#isCurable(event, live.conversationId, answerId)) return;
    const answer = afterEvent(live.answer, event, performance.now());
    if (answer === live.answer) return;
    if (live.conversationId === this.#value.current) this.#sayChange(live.answer, answer);
    if (isOver(answer)) this.#finish(answerId, answer);
    else this.#live.set(answerId, { ...live, answer, numResumed: 0, lossWords: undefined });
  }

  #sayChange(before, { phase, progress }) {
    const far = progressSaid(before.progress, progress);
    if (far) this.#say(far);
    if (phase === before.phase) return;
    if (phase === 'thinking' && !before.thoughts) this.#say(kThinking);
    if (phase === 'writing' && before.text === before.before.text) this.#say(kBegun);
  }

  /// To screen readers, also when it is the same again.
  #say(words) {
    this.#state.set({ said: { words } });
  }

  #isCurable({ error }, conversationId, answerId) {
    const isForgotten = error?.code === 'previous_response_not_found';
    // A response that ended while its cancellation was under way.
    if (error?.code === 'response_not_found') return true;
    if (!isForgotten && error?.code !== 'server_draining') return false;
    const conversation = this.#conversation(conversationId);
    if (!conversation) return false;
    if (isForgotten) for (const id of [answerId, pathTo(conversation, answerId).at(-3)?.id]) this.#known.delete(id);
    else this.#isDraining = true;
    this.#lanes.release(this.#lanes.of(answerId));
    this.#resend(answerId);
    return true;
  }

  #finish(answerId, answer) {
    const { conversationId, start = null, isContinued } = this.#live.get(answerId);
    const lane = this.#lanes.of(answerId);
    if (lane !== undefined) this.#lanes.release(lane);
    // A response that goes on with an answer is only its end: it is there to be continued, not to be built on.
    this.#known.delete(answerId);
    if (answer.responseId && answer.phase !== 'failed') this.#known.set(answerId, { responseId: answer.responseId, start, isPart: isContinued });
    const { phase, facts, error, code, responseId } = answer;
    const counted = facts ? { facts, from: start } : {};
    this.#live.end(answerId, { ...contentOf(answer), status: phase, error, code, responseId, ...counted });
    if (this.#conversation(conversationId)) this.#say(saidOf(answer));
    this.#sendNext();
  }

  get #value() {
    return this.#state.value;
  }

  #conversation(id) {
    return this.#value.conversations.get(id);
  }
}
