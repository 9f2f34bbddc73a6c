// Loads a script for one VU. k6 gives each VU an engine of its own, so that what a module keeps is the VU's; here each VU has
// a context (node:vm) of its own, and its own copy of every module that the script imports. Texts are read once for all.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';

const texts = new Map();

function textOf(file) {
  if (!texts.has(file)) texts.set(file, readFileSync(file, 'utf8'));
  return texts.get(file);
}

export class Modules {
  #modules = new Map();

  /// `builtIn`: {'k6/http': {asyncRequest, ...}, ...}, what stands for k6's own modules.
  constructor(context, builtIn) {
    this.context = context;
    this.builtIn = builtIn;
  }

  /// Evaluates a file and all that it imports. Resolves to its exports.
  async load(file) {
    const module = this.#file(path.resolve(file));
    await module.link((specifier, from) => this.#resolve(specifier, from.identifier));
    await module.evaluate();
    return module.namespace;
  }

  #resolve(specifier, from) {
    if (Object.hasOwn(this.builtIn, specifier)) return this.#own(specifier);
    if (specifier === 'k6' || specifier.startsWith('k6/')) throw new Error(`${specifier}: this runner has no such module of k6`);
    if (/^https?:/.test(specifier)) throw new Error(`${specifier}: this runner loads files alone`);
    if (!/^(\.{0,2}\/|file:)/.test(specifier)) throw new Error(`${specifier}: neither a module of k6 nor a path`);
    return this.#file(path.resolve(path.dirname(from), specifier.replace(/^file:\/\//, '')));
  }

  #file(file) {
    if (!this.#modules.has(file)) {
      if (!existsSync(file)) throw new Error(`${file}: no such file`);
      this.#modules.set(file, new vm.SourceTextModule(textOf(file), { context: this.context, identifier: file }));
    }
    return this.#modules.get(file);
  }

  #own(specifier) {
    if (!this.#modules.has(specifier)) {
      const members = this.builtIn[specifier];
      const names = Object.keys(members);
      this.#modules.set(specifier, new vm.SyntheticModule([...names, 'default'], function () {
        for (const name of names) this.setExport(name, members[name]);
        this.setExport('default', members);
      }, { context: this.context, identifier: specifier }));
    }
    return this.#modules.get(specifier);
  }
}
