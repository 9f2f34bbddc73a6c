// Markdown that arrives piece by piece, drawn in time linear in its length: finished blocks are
// drawn once, and only what follows the last finished one is parsed again.

// A link's address may be defined below its use, also in a quotation or a list.
const kDefinition = /^[ \t>]*(?:(?:[-*+]|\d+[.)])[ \t>]+)*\[(?:[^\]\\]|\\.)+\]:\s*\S/m;

export class BlockReader {
  #lex;
  #draw;
  #source = '';
  #settled = 0;
  #blocks = [];

  /// lex: (Markdown, isOpen) -> tokens with `raw`; draw: (Markdown, isOpen) -> what is shown of one block.
  constructor(lex, draw) {
    this.#lex = lex;
    this.#draw = draw;
  }

  /// All blocks of the text: settled ones are the very values of the last call. A text that does not
  /// continue the last one starts anew.
  read(written, isOver) {
    const text = written.replace(/\r\n?/g, '\n'); // As the lexer counts.
    if (isOver && kDefinition.test(text)) return [this.#draw(text, false)];
    if (!text.startsWith(this.#source) || text.length < this.#source.length) {
      this.#settled = 0;
      this.#blocks = [];
    }
    this.#source = text;
    const tokens = this.#lex(text.slice(this.#settled), !isOver).filter((token) => token.raw.length > 0);
    // The last block may still grow, and a paragraph may become part of what stands before it.
    let open = tokens.length - 1;
    while (open > 0 && tokens[open].type === 'space') --open;
    for (const token of tokens.slice(0, Math.max(open, 0))) {
      this.#settled += token.raw.length;
      if (token.type !== 'space') this.#blocks.push(this.#draw(token.raw, false));
    }
    const rest = text.slice(this.#settled);
    return rest.trim() ? [...this.#blocks, this.#draw(rest, !isOver)] : [...this.#blocks];
  }
}
