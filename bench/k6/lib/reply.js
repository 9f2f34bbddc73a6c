// One response as its client hears it: its text, its numbers, its times, its end.
import * as metrics from './metrics.js';

const kTerminal = ['response.completed', 'response.incomplete', 'response.failed'];
const kRefusals = [429, 503];

/**
 * How a response ended for its client: as asked, by being cancelled, otherwise, refused before it began, or with the connection.
 * @typedef {'whole' | 'cancelled' | 'failed' | 'refused' | 'cut'} End
 */

export class Reply {
  /**
   * @param {{ isMeasured?: boolean, expects?: End[], onEvent?: (event: any, reply: Reply) => void, resumes?: Reply }} [how]
   *   `isMeasured` (true): its figures are those of the run; `expects`: which ends are as they should be; `resumes`: the reply
   *   that this one goes on with after its connection broke
   */
  constructor({ isMeasured = true, expects = ['whole'], onEvent = () => {}, resumes } = {}) {
    this.isMeasured = isMeasured;
    this.expects = expects;
    this.onEvent = onEvent;
    this.id = resumes ? resumes.id : '';
    this.text = resumes ? resumes.text : '';
    /** The last number heard. @type {number} */
    this.sequence = resumes ? resumes.sequence : -1;
    this.numDeltas = 0;
    /** When it was sent, or when its lane was free. */
    this.sentAt = Date.now();
    this.firstAt = 0;
    this.lastAt = 0;
    /** @type {any} */
    this.response = null;
    /** @type {Record<string, string>} */
    this.metadata = {};
    /** @type {End | ''} */
    this.end = '';
    this.code = '';
    /** @type {(reply: Reply) => void} */
    this.tellEnd = () => {};
    /** @type {Promise<Reply>} */
    this.ended = new Promise((resolve) => (this.tellEnd = resolve));
  }

  /**
   * @param {any} event
   * @param {number} at when it was read, in ms since 1970
   */
  accept(event, at) {
    if (event.sequence_number !== undefined) {
      if (event.sequence_number !== this.sequence + 1) metrics.sequenceGaps.add(1);
      this.sequence = event.sequence_number;
    }
    if (event.type === 'response.created') {
      this.id = event.response.id;
      this.metadata = event.response.metadata || {};
    } else if (event.type === 'response.output_text.delta') {
      this.#hearText(event.delta, at);
    }
    this.onEvent(event, this);
    if (event.type === 'error') this.#refuse(event, at);
    else if (kTerminal.includes(event.type)) this.#finish(event, at);
  }

  /** The connection is gone: whoever waits is told. */
  cut() {
    if (!this.end) this.#close('cut', 'connection');
  }

  /**
   * @param {string} delta
   * @param {number} at
   */
  #hearText(delta, at) {
    this.text += delta;
    this.numDeltas += 1;
    if (this.isMeasured) {
      if (this.firstAt === 0) metrics.ttft.add(at - this.sentAt, metrics.sliceNow());
      else metrics.itl.add(at - this.lastAt, metrics.sliceNow());
    }
    if (this.firstAt === 0) this.firstAt = at;
    this.lastAt = at;
  }

  /**
   * @param {any} event
   * @param {number} at
   */
  #refuse(event, at) {
    const isFull = kRefusals.includes(event.status);
    if (isFull) {
      metrics.refused.add(1, { code: event.error.code });
      metrics.refusalTime.add(at - this.sentAt);
    }
    this.#close(isFull ? 'refused' : 'failed', event.error.code);
  }

  /**
   * @param {any} event
   * @param {number} at
   */
  #finish(event, at) {
    const { response } = event;
    this.response = response;
    if (this.isMeasured) {
      metrics.duration.add(at - this.sentAt);
      if (response.octavo && response.octavo.timings) metrics.queueTime.add(response.octavo.timings.queue_ms);
    }
    if (response.usage) metrics.outputTokens.add(response.usage.output_tokens, metrics.sliceNow());
    const isWhole = response.status === 'completed' || (response.status === 'incomplete' && response.incomplete_details.reason === 'max_output_tokens');
    const end = response.status === 'cancelled' ? 'cancelled' : isWhole ? 'whole' : 'failed';
    this.#close(end, response.error ? response.error.code : response.status);
  }

  /**
   * @param {End} end
   * @param {string} code
   */
  #close(end, code) {
    this.end = end;
    this.code = code;
    const isOk = this.expects.includes(end);
    if (end !== 'refused' || isOk) metrics.ok.add(isOk, metrics.sliceNow());
    if (!isOk && end !== 'refused') metrics.errors.add(1, { code });
    this.tellEnd(this);
  }
}
