// The conversations of this browser, in IndexedDB. A browser that refuses it (some private windows)
// still gets a page that works until it is closed.

const kStore = 'conversations';

function promised(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export class Shelf {
  #database = null;

  /// All conversations, in no order. `isKept` tells whether they outlive the page.
  async open() {
    try {
      const request = indexedDB.open('octavo', 1);
      request.onupgradeneeded = () => request.result.createObjectStore(kStore, { keyPath: 'id' });
      this.#database = await promised(request);
      return await promised(this.#store('readonly').getAll());
    } catch {
      this.#database = null;
      return [];
    }
  }

  get isKept() {
    return this.#database !== null;
  }

  put(conversation) {
    this.#database && this.#store('readwrite').put(conversation);
  }

  remove(id) {
    this.#database && this.#store('readwrite').delete(id);
  }

  #store(mode) {
    return this.#database.transaction(kStore, mode).objectStore(kStore);
  }
}
