// What went over the connection, the newest last: a list that never holds more than so many frames and letters.
const kMaxFrames = 2_000;
const kMaxLetters = 4_000_000;
const kMaxFrameLetters = 400_000; // Of one frame: the rest of it is not kept.
const kMaxFeeds = 30; // The feeds of the memory say a lot, and would push out everything else.

export class FrameLog {
  #frames = [];
  #numLetters = 0;
  #numFeeds = 0;
  #next = 1;

  /// Oldest first; changes as it grows.
  get frames() {
    return this.#frames;
  }

  /// direction: `out`, `in`, or `note` for what happens to the connection itself. `isFeed`: one of many that say the same.
  add(direction, text, at, isFeed = false) {
    const kept = text.length > kMaxFrameLetters ? text.slice(0, kMaxFrameLetters) : text;
    this.#frames.push({ n: this.#next++, at, direction, text: kept, length: text.length, isFeed });
    this.#numLetters += kept.length;
    if (isFeed && ++this.#numFeeds > kMaxFeeds) this.#drop(this.#frames.findIndex((each) => each.isFeed));
    while (this.#frames.length > kMaxFrames || this.#numLetters > kMaxLetters) this.#drop(0);
  }

  clear() {
    this.#frames = [];
    this.#numLetters = 0;
    this.#numFeeds = 0;
  }

  #drop(at) {
    const { text, isFeed } = this.#frames[at];
    this.#numLetters -= text.length;
    this.#numFeeds -= isFeed ? 1 : 0;
    this.#frames.splice(at, 1);
  }
}
