// The conversations of a large JSON file one by one, while it is read: the objects of a list, or of a list in an object. What is
// left when they are taken out is small, and says what file it is.

const kQuote = 0x22;
const kBackslash = 0x5c;

export class JsonElements {
  #take;
  #open = []; // '[' and '{' that are not closed yet.
  #element = null; // What has been read of the one that is under way.
  #outside = 0; // How many are open round it.
  #envelope = '';
  #isInString = false;
  #isEscaped = false;

  /// `take(text)` is called for every element.
  constructor(take) {
    this.#take = take;
  }

  push(text) {
    let from = 0; // Where that begins which is not kept yet.
    for (let at = 0; at < text.length; ++at) {
      if (this.#isInString) {
        at = this.#endOfString(text, at);
        continue;
      }
      const letter = text[at];
      if (letter === '"') this.#isInString = true;
      else if (letter === '{' || letter === '[') {
        if (letter === '{' && this.#element === null && this.#isElementHere()) {
          this.#keep(text.slice(from, at));
          from = at;
          this.#element = '';
          this.#outside = this.#open.length;
        }
        this.#open.push(letter);
      } else if (letter === '}' || letter === ']') {
        this.#open.pop();
        if (this.#element === null || this.#open.length > this.#outside) continue;
        this.#keep(text.slice(from, at + 1));
        from = at + 1;
        this.#take(this.#element);
        this.#element = null;
        this.#envelope += 'null';
      }
    }
    this.#keep(text.slice(from));
  }

  /// What is not in an element, with null in place of each. Throws where the file ends too early.
  end() {
    if (this.#element !== null || this.#open.length > 0) throw new Error('the file ends too early');
    return this.#envelope;
  }

  #keep(text) {
    if (this.#element === null) this.#envelope += text;
    else this.#element += text;
  }

  #isElementHere() {
    const open = this.#open.join('');
    return open === '[' || open === '{[';
  }

  /// The place of the letter that ends the string, or of the last one there is.
  #endOfString(text, from) {
    for (let at = from; at < text.length; ++at) {
      const letter = text.charCodeAt(at);
      if (this.#isEscaped) this.#isEscaped = false;
      else if (letter === kBackslash) this.#isEscaped = true;
      else if (letter === kQuote) {
        this.#isInString = false;
        return at;
      }
    }
    return text.length;
  }
}
