// Personal codes: how they are written, and how the tablet knows them while the hub is away (by a hash).

const URL_TAIL = /^https?:\/\/.*[/=#]([^/=#?&]+)$/i;

/**
 * A code as the hub writes it: capitals, O as 0, I and L as 1, no blanks or dashes.
 * @param {string} text typed, or read from a QR code
 */
export function normalBadge(text) {
  const bare = URL_TAIL.exec(text.trim())?.[1] ?? text;
  return bare.toUpperCase().replace(/O/g, "0").replace(/[IL]/g, "1").replace(/[\s\-–]/g, "");
}

/**
 * The first 16 hexadecimal digits of the SHA-256 of a code, as the hub hands them out.
 * @param {string} badge
 */
export function badgeHash(badge) {
  return sha256(new TextEncoder().encode(badge)).slice(0, 16);
}

/** FIPS 180-4, 4.2.2 and 5.3.3: fractional parts of cube and square roots of the first primes. */
const PRIMES = (() => {
  /** @type {number[]} */
  const found = [];
  for (let n = 2; found.length < 64; n++) if (found.every((prime) => n % prime)) found.push(n);
  return found;
})();
/** @param {number} root @param {number} prime */
const fraction = (root, prime) => ((prime ** (1 / root) % 1) * 2 ** 32) | 0;
const K = PRIMES.map((prime) => fraction(3, prime));
const H = PRIMES.slice(0, 8).map((prime) => fraction(2, prime));
/** @param {number} word @param {number} by */
const turn = (word, by) => (word >>> by) | (word << (32 - by));

/**
 * SHA-256 (FIPS 180-4) in hexadecimal; `crypto.subtle` is missing on plain http.
 * @param {Uint8Array} bytes
 */
export function sha256(bytes) {
  const blocks = new Uint8Array(((bytes.length + 8) >> 6) * 64 + 64);
  blocks.set(bytes);
  blocks[bytes.length] = 0x80;
  const view = new DataView(blocks.buffer);
  view.setUint32(blocks.length - 4, bytes.length * 8);
  const state = [...H];
  const w = new Int32Array(64);
  for (let start = 0; start < blocks.length; start += 64) {
    for (let i = 0; i < 16; i++) w[i] = view.getInt32(start + i * 4);
    for (let i = 16; i < 64; i++) {
      const a = w[i - 15];
      const b = w[i - 2];
      w[i] = w[i - 16] + w[i - 7] + (turn(a, 7) ^ turn(a, 18) ^ (a >>> 3)) + (turn(b, 17) ^ turn(b, 19) ^ (b >>> 10));
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i++) {
      const t1 = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i];
      const t2 = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => { state[i] = (state[i] + word) | 0; });
  }
  return state.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}
