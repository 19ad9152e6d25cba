// The live picture as the hub told it: whole at first, then piece by piece.

/**
 * @import { Delta, Hand, OnStage, Person, Row, Snapshot, Tier } from "confhub/api"
 * @typedef {[number, number | null, string]} Unit id, parent id, name
 */

export class Picture {
  /** @type {Map<number, Row>} in the tree's order */
  rows = new Map();
  /** @type {Snapshot["session"] | null} */
  session = null;
  /** @type {Snapshot["chair"]} */
  chair = null;
  /** @type {Person[]} */
  people = [];
  /** @type {Hand[]} */
  floor = [];
  /** @type {OnStage[]} */
  stage = [];
  /** @type {Tier[]} */
  tiers = [];
  /** @type {Tier | null} */
  total = null;
  at = "";

  /** @param {Snapshot} snapshot */
  whole(snapshot) {
    this.rows = new Map(snapshot.rows.map((row) => [row.endpoint_id, row]));
    this.#parts(snapshot);
  }

  /** @param {Delta} delta */
  piece(delta) {
    for (const row of delta.rows ?? []) this.rows.set(row.endpoint_id, row);
    for (const id of delta.gone ?? []) this.rows.delete(id);
    if (delta.order) this.rows = reorder(this.rows, delta.order);
    this.#parts(delta);
  }

  /** @param {Delta} told */
  #parts(told) {
    this.at = told.at;
    this.session = told.session ?? this.session;
    this.chair = told.chair === undefined ? this.chair : told.chair;
    this.people = told.people ?? this.people;
    this.floor = told.floor ?? this.floor;
    this.stage = told.stage ?? this.stage;
    this.tiers = told.tiers ?? this.tiers;
    this.total = told.total ?? this.total;
  }
}

/**
 * @param {Map<number, Row>} rows
 * @param {number[]} order
 */
function reorder(rows, order) {
  /** @type {Map<number, Row>} */
  const sorted = new Map();
  for (const id of order) {
    const row = rows.get(id);
    if (row) sorted.set(id, row);
  }
  return sorted;
}

/**
 * Under which heading a room stands: the unit below the top that has a branch of its own (a district with its
 * communes); everything else (a province's departments) under the top itself.
 * @param {string} path the room's unit's, `/1/14/203/`
 * @param {Map<number, Unit>} units
 * @param {Set<number>} parents ids of units that have units below them
 * @returns {number} a unit's id
 */
export function headingOf(path, units, parents) {
  const steps = path.split("/").filter(Boolean).map(Number);
  const seen = steps.filter((id) => units.has(id));
  if (seen.length === 0) return steps[0] ?? 0;
  const below = seen[1];
  return below !== undefined && parents.has(below) ? below : seen[0];
}

/** Filters of the page: a state's own name, or one of these. */
export const FILTERS = ["all", "joined", "called", "expected", "lost", "left", "elsewhere", "removed", "absent", "stage", "hand", "offline"];

/**
 * @param {Row} row
 * @param {string} filter one of FILTERS
 */
export function fits(row, filter) {
  if (filter === "all") return row.state !== "dropped";
  if (filter === "stage") return row.on_stage;
  if (filter === "hand") return row.hand_raised_at !== null;
  if (filter === "offline") return row.state === "off" || row.state === "unpaired";
  if (filter === "joined") return row.state === "joined" && !row.silent_since;
  if (filter === "lost") return row.state === "lost" || Boolean(row.silent_since);
  return row.state === filter;
}

/**
 * How many rooms each filter would show.
 * @param {Iterable<Row>} rows
 */
export function countAll(rows) {
  /** @type {Record<string, number>} */
  const counts = Object.fromEntries(FILTERS.map((filter) => [filter, 0]));
  for (const row of rows) for (const filter of FILTERS) if (fits(row, filter)) counts[filter] += 1;
  return counts;
}

const MOST_SHARE = 0.8; // of the names that begin alike

/**
 * The words that most names begin with ("Điểm cầu "): left out on the tiles, where they only take room.
 * @param {Iterable<Row>} rows
 * @returns {string} with the space after it; empty where names do not begin alike
 */
export function commonBeginning(rows) {
  /** @type {Map<string, number>} */
  const held = new Map();
  let names = 0;
  for (const { name } of rows) {
    names += 1;
    for (let end = name.indexOf(" ") + 1; end > 0; end = name.indexOf(" ", end) + 1) {
      const beginning = name.slice(0, end);
      held.set(beginning, (held.get(beginning) ?? 0) + 1);
    }
  }
  let longest = "";
  for (const [beginning, count] of held) {
    if (count > names * MOST_SHARE && beginning.length > longest.length) longest = beginning;
  }
  return longest;
}
