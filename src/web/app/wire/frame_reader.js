// What frames are about: their type, and the response that they belong to. Most events name only their lane, so which response
// runs on a lane is read from the frames before.

export class FrameReader {
  #facts = new WeakMap(); // Frame -> { event, type, lane, responseId, isCut }.
  #running = new Map(); // Lane -> id of the response that runs there, or ran last.
  #asked = new Map(); // Lane -> facts of requests that have no response yet, oldest first.
  #last = 0;

  /// Reads frames, oldest first; those it knows already cost nothing.
  read(frames) {
    for (const frame of frames) {
      if (frame.n <= this.#last) continue;
      this.#last = frame.n;
      this.#facts.set(frame, this.#place(frame, this.#parse(frame)));
    }
  }

  of(frame) {
    return this.#facts.get(frame) ?? { event: null, type: '', lane: '', responseId: null, isCut: false };
  }

  #parse({ direction, text, length }) {
    if (direction === 'note') return { event: null, type: 'connection', lane: '', responseId: null, isCut: false };
    const isCut = text.length < length;
    let event = null;
    try {
      event = isCut ? null : JSON.parse(text);
    } catch {
      // What is not JSON is shown as it came.
    }
    const type = event?.type ?? /"type"\s*:\s*"([^"]{1,100})"/.exec(text.slice(0, 10_000))?.[1] ?? 'unknown';
    return { event, type, lane: event?.stream_id ?? '', responseId: event?.response?.id ?? event?.response_id ?? null, isCut };
  }

  #place({ direction }, facts) {
    const { type, lane } = facts;
    if (direction === 'note') {
      this.#running.clear();
      this.#asked.clear();
    } else if (direction === 'out' && type === 'response.create') {
      this.#asked.set(lane, [...(this.#asked.get(lane) ?? []), facts]);
    } else if (type === 'response.created') {
      const request = this.#asked.get(lane)?.shift();
      if (request) request.responseId = facts.responseId;
      this.#running.set(lane, facts.responseId);
    } else if (type === 'error') {
      this.#asked.get(lane)?.shift();
    } else if (type.startsWith('response.') || type.startsWith('octavo:response.')) {
      facts.responseId ??= this.#running.get(lane) ?? null;
    }
    return facts;
  }
}
