// What the tablet keeps in the browser (IndexedDB): events not sent yet, refused ones, and what the hub said last.
// Where a browser gives no database (a private window), all of it lives as long as the page.

/** @typedef {"outbox" | "refused" | "kept"} Shelf */

const NAME = "confhub-tablet";
const VERSION = 1;

/** @returns {Promise<IDBDatabase>} */
function open() {
  return new Promise((resolve, reject) => {
    const wish = indexedDB.open(NAME, VERSION);
    wish.onupgradeneeded = () => {
      wish.result.createObjectStore("outbox", { keyPath: "n", autoIncrement: true });
      wish.result.createObjectStore("refused", { keyPath: "key" });
      wish.result.createObjectStore("kept", { keyPath: "id" });
    };
    wish.onsuccess = () => resolve(wish.result);
    wish.onerror = () => reject(wish.error);
  });
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Rows by store; each call is durable when its promise resolves. */
export class Store {
  /** @param {IDBDatabase | null} db */
  constructor(db) {
    this.db = db;
    /** @type {Record<Shelf, Map<any, any>>} */
    this.memory = { outbox: new Map(), refused: new Map(), kept: new Map() };
    this.next = 1;
  }

  static async opened() {
    try {
      const db = await open();
      navigator.storage?.persist?.().catch(() => false); // ask the browser not to clear it
      return new Store(db);
    } catch {
      return new Store(null);
    }
  }

  /** Whether what is put here outlives the page. */
  get lasting() {
    return this.db !== null;
  }

  /** @param {Shelf} name @param {IDBTransactionMode} mode */
  #in(name, mode) {
    const db = /** @type {IDBDatabase} */ (this.db);
    const options = /** @type {any} */ ({ durability: "strict" });
    return db.transaction(name, mode, options).objectStore(name);
  }

  /**
   * Write rows in one transaction; rows of the outbox get their `n`.
   * @param {Shelf} name
   * @param {any[]} rows
   */
  async put(name, rows) {
    if (!this.db) {
      for (const row of rows) {
        if (name === "outbox") row.n ??= this.next++;
        this.memory[name].set(row.n ?? row.key ?? row.id, row);
      }
      return;
    }
    const store = this.#in(name, "readwrite");
    const done = committed(store.transaction);
    for (const row of rows) {
      const request = store.put(row);
      if (name === "outbox") request.onsuccess = () => { row.n = request.result; };
    }
    await done;
  }

  /** @param {Shelf} name @returns {Promise<any[]>} in the order they were put */
  async all(name) {
    if (!this.db) return [...this.memory[name].values()];
    return settled(this.#in(name, "readonly").getAll());
  }

  /** @param {Shelf} name @param {string | number} key */
  async get(name, key) {
    if (!this.db) return this.memory[name].get(key) ?? null;
    return (await settled(this.#in(name, "readonly").get(key))) ?? null;
  }

  /** @param {Shelf} name */
  async clear(name) {
    this.memory[name].clear();
    if (this.db) await settled(this.#in(name, "readwrite").clear());
  }

  /** @param {Shelf} name @param {(string | number)[]} keys */
  async remove(name, keys) {
    if (!this.db) {
      for (const key of keys) this.memory[name].delete(key);
      return;
    }
    const store = this.#in(name, "readwrite");
    const done = committed(store.transaction);
    for (const key of keys) store.delete(key);
    await done;
  }
}

/** @param {IDBTransaction} transaction @returns {Promise<void>} */
function committed(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}
