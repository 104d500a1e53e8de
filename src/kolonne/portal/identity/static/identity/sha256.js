// SHA-256 (FIPS 180-4) for many short texts in a row.

const ROUNDS = 64;
const BLOCK_BYTES = 64;

/** The first `count` primes. @param {number} count */
function primes(count) {
  /** @type {number[]} */
  const found = [];
  for (let candidate = 2; found.length < count; candidate++) {
    if (found.every((prime) => candidate % prime !== 0)) found.push(candidate);
  }
  return found;
}

/** The first 32 bits behind the point. @param {number} value */
const fraction = (value) => Math.floor((value - Math.floor(value)) * 2 ** 32) | 0;

const K = Int32Array.from(primes(ROUNDS), (prime) => fraction(Math.cbrt(prime)));
const START = Int32Array.from(primes(8), (prime) => fraction(Math.sqrt(prime)));

/** @param {number} word @param {number} bits */
const turn = (word, bits) => (word >>> bits) | (word << (32 - bits));

const schedule = new Int32Array(ROUNDS);

/**
 * One block of 64 bytes into the eight words of the state.
 * @param {Int32Array} state
 * @param {DataView} view
 * @param {number} offset
 */
function compress(state, view, offset) {
  for (let i = 0; i < 16; i++) schedule[i] = view.getInt32(offset + 4 * i);
  for (let i = 16; i < ROUNDS; i++) {
    const early = /** @type {number} */ (schedule[i - 15]);
    const late = /** @type {number} */ (schedule[i - 2]);
    const s0 = turn(early, 7) ^ turn(early, 18) ^ (early >>> 3);
    const s1 = turn(late, 17) ^ turn(late, 19) ^ (late >>> 10);
    schedule[i] = (/** @type {number} */ (schedule[i - 16]) + s0 + /** @type {number} */ (schedule[i - 7]) + s1) | 0;
  }
  let [a, b, c, d, e, f, g, h] = /** @type {[number, number, number, number, number, number, number, number]} */ (
    /** @type {unknown} */ (state)
  );
  for (let i = 0; i < ROUNDS; i++) {
    const mixed = (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g));
    const one = (h + mixed + /** @type {number} */ (K[i]) + /** @type {number} */ (schedule[i])) | 0;
    const two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
  }
  const added = [a, b, c, d, e, f, g, h];
  for (let i = 0; i < 8; i++) state[i] = (/** @type {number} */ (state[i]) + /** @type {number} */ (added[i])) | 0;
}

/**
 * @param {string} wanted a hash in hex
 * @returns {(text: string) => boolean} whether the hash of an ASCII text is the wanted one
 */
export function sha256Matcher(wanted) {
  const goal = Int32Array.from({ length: 8 }, (_, i) => Number.parseInt(wanted.slice(8 * i, 8 * i + 8), 16) | 0);
  const bytes = new Uint8Array(4 * BLOCK_BYTES);
  const view = new DataView(bytes.buffer);
  const state = new Int32Array(8);
  return (text) => {
    const length = text.length;
    const end = Math.ceil((length + 9) / BLOCK_BYTES) * BLOCK_BYTES;
    if (end > bytes.length) throw new RangeError("text is too long");
    bytes.fill(0);
    for (let i = 0; i < length; i++) bytes[i] = text.charCodeAt(i);
    bytes[length] = 0x80;
    view.setUint32(end - 4, 8 * length);
    state.set(START);
    for (let offset = 0; offset < end; offset += BLOCK_BYTES) compress(state, view, offset);
    return state.every((word, i) => word === goal[i]);
  };
}
