// The figures of responses, which all scripts share. Times are in milliseconds, as the client sees them.
import exec from 'k6/execution';
import { Counter, Rate, Trend } from 'k6/metrics';

/** From sending the request, or from the end of what stood before it on its lane, to its first text. */
export const ttft = new Trend('octavo_ttft', true);
/** Between two pieces of text of one response; a piece holds more than one token where the client or the server is slow. */
export const itl = new Trend('octavo_itl', true);
/** From the same moment to the end of the response. */
export const duration = new Trend('octavo_response_duration', true);
/** What the server says: how long the request waited in its queue. */
export const queueTime = new Trend('octavo_server_queue', true);
export const outputTokens = new Counter('octavo_output_tokens');
/** Whether a response that the server took on ended as it should. */
export const ok = new Rate('octavo_ok');
/** Everything else than that, by the tag `code`. */
export const errors = new Counter('octavo_errors');
/** Requests that a full server turned away (429, 503, or the close codes 1012 and 1013), and how soon it did. */
export const refused = new Counter('octavo_refused');
export const refusalTime = new Trend('octavo_refusal_time', true);
/** Events that are missing, double or out of order. */
export const sequenceGaps = new Counter('octavo_sequence_gaps');

/** Into so many parts a run is cut for its plots over time. */
export const kNumSlices = 20;

let total = 0;

/**
 * Figures by time: k6 keeps no course of a metric, but it keeps a metric by its tags where a threshold asks for it. So samples
 * carry the slice of the run in which they were taken, and each slice has a threshold that always holds.
 * @param {number} runSeconds how long the run takes in all
 * @returns {Record<string, string[]>} thresholds for a script's options
 */
export function slicedOver(runSeconds) {
  total = runSeconds;
  /** @type {Record<string, string[]>} */
  const thresholds = {};
  for (let slice = 0; slice < kNumSlices; ++slice) {
    thresholds[`octavo_ttft{slice:${slice}}`] = ['max>=0'];
    thresholds[`octavo_itl{slice:${slice}}`] = ['max>=0'];
    thresholds[`octavo_output_tokens{slice:${slice}}`] = ['count>=0'];
    thresholds[`octavo_ok{slice:${slice}}`] = ['rate>=0'];
  }
  return thresholds;
}

/** @returns {Record<string, string>} */
export function sliceNow() {
  if (!total) return {};
  const slice = Math.floor(exec.instance.currentTestRunDuration / (total * 1000) * kNumSlices);
  return { slice: String(Math.min(kNumSlices - 1, Math.max(0, slice))) };
}

export const runSeconds = () => total;
