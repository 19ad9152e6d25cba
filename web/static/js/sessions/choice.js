// Which rooms take part: whole branches, exceptions from them, and single rooms. Nothing here knows the page.

/**
 * @typedef {[number, number | null, string, number]} Unit id, parent id, name, tier id
 * @typedef {[number, number, string, string, string]} Room id, unit id, name, code, folded words
 * @typedef {{include_units: number[], exclude_endpoints: number[], include_endpoints: number[]}} Chosen
 */

export class Choice {
  /** @type {Map<number, number | null>} unit → parent */
  #parent = new Map();
  /** @type {Map<number, number[]>} unit → units right below */
  #below = new Map();
  /** @type {Map<number, number[]>} unit → rooms of its own */
  #own = new Map();
  /** @type {Map<number, number>} room → unit */
  #unitOf = new Map();

  /**
   * @param {Unit[]} units parents before children
   * @param {Room[]} rooms
   * @param {Chosen} chosen
   */
  constructor(units, rooms, chosen) {
    for (const [id, parent] of units) {
      this.#parent.set(id, parent);
      if (parent !== null) push(this.#below, parent, id);
    }
    for (const [id, unit] of rooms) {
      this.#unitOf.set(id, unit);
      push(this.#own, unit, id);
    }
    this.branches = new Set(chosen.include_units);
    this.exceptions = new Set(chosen.exclude_endpoints);
    this.singles = new Set(chosen.include_endpoints);
  }

  /**
   * Whether the unit lies in a chosen branch.
   * @param {number | null | undefined} unit
   */
  covered(unit) {
    for (let at = unit; at !== null && at !== undefined; at = this.#parent.get(at)) if (this.branches.has(at)) return true;
    return false;
  }

  /** @param {number} room */
  has(room) {
    if (this.singles.has(room)) return true;
    return !this.exceptions.has(room) && this.covered(this.#unitOf.get(room));
  }

  /**
   * Every room in a branch.
   * @param {number} unit
   * @returns {number[]}
   */
  roomsIn(unit) {
    return this.#unitsIn(unit).flatMap((one) => this.#own.get(one) ?? []);
  }

  /**
   * @param {number} unit
   * @returns {number[]}
   */
  #unitsIn(unit) {
    return [unit, ...(this.#below.get(unit) ?? []).flatMap((below) => this.#unitsIn(below))];
  }

  /**
   * How many rooms of a branch are chosen, of how many.
   * @param {number} unit
   */
  count(unit) {
    const rooms = this.roomsIn(unit);
    return { chosen: rooms.filter((room) => this.has(room)).length, all: rooms.length };
  }

  /**
   * @param {number} room
   * @param {boolean} on
   */
  setRoom(room, on) {
    this.exceptions.delete(room);
    this.singles.delete(room);
    if (on === this.has(room)) return;
    if (on) this.singles.add(room);
    else this.exceptions.add(room);
  }

  /**
   * @param {number} unit
   * @param {boolean} on
   */
  setBranch(unit, on) {
    const rooms = this.roomsIn(unit);
    for (const one of this.#unitsIn(unit)) this.branches.delete(one);
    for (const room of rooms) {
      this.exceptions.delete(room);
      this.singles.delete(room);
    }
    if (on) {
      if (!this.covered(unit)) this.branches.add(unit);
    } else if (this.covered(unit)) {
      for (const room of rooms) this.exceptions.add(room);
    }
  }

  /** @returns {Chosen} */
  chosen() {
    return {
      include_units: [...this.branches],
      exclude_endpoints: [...this.exceptions],
      include_endpoints: [...this.singles],
    };
  }
}

/**
 * @param {Map<number, number[]>} lists
 * @param {number} key
 * @param {number} value
 */
function push(lists, key, value) {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
