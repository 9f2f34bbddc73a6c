// The conversations of this browser, in IndexedDB. Every tab of the page writes here, so no tab may put a conversation back
// as it remembers it: a change is a function of what is stored, and runs in the transaction that reads it.
// A browser that refuses IndexedDB (some private windows) still gets a page that works until it is closed.

const kStore = 'conversations';

function promised(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export class Shelf {
  #database = null;
  #unkept = new Map(); // What is written where there is no database.

  /// All conversations, in no order. `isKept` tells whether they outlive the page.
  async open() {
    try {
      const request = indexedDB.open('octavo', 1);
      request.onupgradeneeded = () => request.result.createObjectStore(kStore, { keyPath: 'id' });
      this.#database = await promised(request);
      return await this.all();
    } catch {
      this.#database = null;
      return [];
    }
  }

  get isKept() {
    return this.#database !== null;
  }

  async all() {
    if (!this.isKept) return [...this.#unkept.values()];
    return promised(this.#database.transaction(kStore).objectStore(kStore).getAll());
  }

  async get(id) {
    if (!this.isKept) return this.#unkept.get(id);
    return promised(this.#database.transaction(kStore).objectStore(kStore).get(id));
  }

  /// Stores what `change` makes of the stored conversation. On both sides undefined stands for none, so that a change
  /// can create and delete. Resolves to { before, after }; rejects when the browser could not write. Changes of one
  /// conversation by all tabs happen one after the other.
  async change(id, change) {
    if (!this.isKept) return this.#changeUnkept(id, change);
    return new Promise((resolve, reject) => {
      const transaction = this.#database.transaction(kStore, 'readwrite');
      const store = transaction.objectStore(kStore);
      let outcome;
      store.get(id).onsuccess = ({ target }) => {
        const before = target.result;
        const after = change(before);
        outcome = { before, after };
        if (after === before) return;
        if (after) store.put(after);
        else store.delete(id);
      };
      transaction.oncomplete = () => resolve(outcome);
      transaction.onabort = () => reject(transaction.error);
    });
  }

  #changeUnkept(id, change) {
    const before = this.#unkept.get(id);
    const after = change(before);
    if (after) this.#unkept.set(id, after);
    else this.#unkept.delete(id);
    return { before, after };
  }
}
