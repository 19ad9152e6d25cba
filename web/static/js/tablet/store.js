// What the tablet keeps in the browser (IndexedDB): events not sent yet, refused ones, and what the hub said last.
// Where a browser gives no database (a private window), all of it lives as long as the page.

import { openDB } from "/static/vendor/idb.js";

/**
 * @import { TabletSession } from "confhub/api"
 * @import { Picture } from "./door.js"
 * @import { Entry, Refused } from "./outbox.js"
 *
 * @typedef {{id: string, picture?: Picture, sessions?: TabletSession[]}} Kept
 * @typedef {{outbox: {key: number, value: Entry}, refused: {key: string, value: Refused}, kept: {key: string, value: Kept}}} Shelves
 * @typedef {keyof Shelves} Shelf
 */

const NAME = "confhub-tablet";
const VERSION = 1;

/** @returns {Promise<import("/static/vendor/idb.js").IDBPDatabase<Shelves>>} */
function open() {
  return openDB(NAME, VERSION, {
    upgrade(db) {
      db.createObjectStore("outbox", { keyPath: "n", autoIncrement: true });
      db.createObjectStore("refused", { keyPath: "key" });
      db.createObjectStore("kept", { keyPath: "id" });
    },
  });
}

/** Rows by store; each call is durable when its promise resolves. */
export class Store {
  /** @param {Awaited<ReturnType<typeof open>> | null} db */
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

  /**
   * Write rows in one transaction; rows of the outbox get their `n`.
   * @template {Shelf} S
   * @param {S} name
   * @param {Shelves[S]["value"][]} rows
   */
  async put(name, rows) {
    if (!this.db) {
      for (const row of /** @type {any[]} */ (rows)) {
        if (name === "outbox") row.n ??= this.next++;
        this.memory[name].set(row.n ?? row.key ?? row.id, row);
      }
      return;
    }
    const { store, done } = this.db.transaction(name, "readwrite", { durability: "strict" });
    const [keys] = await Promise.all([Promise.all(rows.map((row) => store.put(row))), done]);
    if (name === "outbox") rows.forEach((row, place) => { /** @type {Entry} */ (row).n = Number(keys[place]); });
  }

  /**
   * @template {Shelf} S
   * @param {S} name
   * @returns {Promise<Shelves[S]["value"][]>} in the order they were put
   */
  async all(name) {
    return this.db ? this.db.getAll(name) : [...this.memory[name].values()];
  }

  /**
   * @template {Shelf} S
   * @param {S} name
   * @param {Shelves[S]["key"]} key
   * @returns {Promise<Shelves[S]["value"] | null>}
   */
  async get(name, key) {
    return (this.db ? await this.db.get(name, key) : this.memory[name].get(key)) ?? null;
  }

  /** @param {Shelf} name */
  async clear(name) {
    this.memory[name].clear();
    await this.db?.clear(name);
  }

  /**
   * @template {Shelf} S
   * @param {S} name
   * @param {Shelves[S]["key"][]} keys
   */
  async remove(name, keys) {
    if (!this.db) {
      for (const key of keys) this.memory[name].delete(key);
      return;
    }
    const { store, done } = this.db.transaction(name, "readwrite", { durability: "strict" });
    await Promise.all([...keys.map((key) => store.delete(key)), done]);
  }
}
