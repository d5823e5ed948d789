/**
 * A WebAssembly module that hashes SHA-256 blocks (FIPS 180-4), written instruction by instruction at run time, so that what runs can be
 * read here and nothing compiled lies in the package. Sixteen rounds stand one after another, so that the words of the state change
 * their names instead of their places, and the message schedule is made for four words at once. That makes it a third faster
 * than hash-wasm, which is compiled from C, and five times as fast as noble, which is JavaScript (`npm run bench -- fingerprint`).
 *
 * Instructions: https://webassembly.github.io/spec/core/binary/instructions.html
 */

/** Where the module's memory holds what: the eight words of the state at 0, the constants, then the blocks. */
const constantsAt = 64;
export const blocksAt = 320;
/** How much of the message fits into the module's memory at once: a multiple of a block that stays in the processor's cache. */
export const blocksCapacity = 64 << 10;

/** First 32 bits of the fractional parts of the cube roots of the first 64 primes. */
// biome-ignore format: eight to a row, as the standard prints them.
const roundConstants = [
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

/** Instructions in their binary form. An expression leaves one value; its operands come first. */
type Code = number[];

const unsigned = (value: number): Code =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
const signed = (value: number): Code =>
  value >= -0x40 && value < 0x40 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
const bytesOf = (words: number[]): Code => [...new Uint8Array(Uint32Array.from(words).buffer)];

const get = (local: number): Code => [0x20, ...unsigned(local)];
const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];
/** All terms by one instruction between each two. */
const join = (terms: Code[], instruction: Code): Code =>
  terms.flatMap((term, index) => (index === 0 ? term : [...term, ...instruction]));

// Single words (i32).
const word = (value: number): Code => [0x41, ...signed(value)];
const load = (at: Code, offset: number): Code => [...at, 0x28, 2, ...unsigned(offset)];
const store = (offset: number, value: Code): Code => [...word(0), ...value, 0x36, 2, ...unsigned(offset)];
const add = (...terms: Code[]): Code => join(terms, [0x6a]);
const and = (a: Code, b: Code): Code => [...a, ...b, 0x71];
const or = (a: Code, b: Code): Code => [...a, ...b, 0x72];
const xor = (...terms: Code[]): Code => join(terms, [0x73]);
const rotr = (a: Code, by: number): Code => [...a, ...word(by), 0x78];
/** The code once, and again as long as the condition holds. */
const repeat = (code: Code, condition: Code): Code => [0x03, 0x40, ...code, ...condition, 0x0d, 0, 0x0b];
const isLess = (a: Code, b: Code): Code => [...a, ...b, 0x49];

// Four words at once (i32x4).
const words4 = (words: number[]): Code => [0xfd, 12, ...bytesOf(words)];
const load4 = (at: Code, offset: number): Code => [...at, 0xfd, 0, 0, ...unsigned(offset)];
const lane = (index: number, a: Code): Code => [...a, 0xfd, 27, index];
const add4 = (...terms: Code[]): Code => join(terms, [0xfd, ...unsigned(174)]);
const xor4 = (...terms: Code[]): Code => join(terms, [0xfd, 81]);
const shr4 = (a: Code, by: number): Code => [...a, ...word(by), 0xfd, ...unsigned(173)];
const rotr4 = (a: Code, by: number): Code => [
  ...shr4(a, by),
  ...[...a, ...word(32 - by), 0xfd, ...unsigned(171)],
  ...[0xfd, 80],
];
/** Picks four words of the eight in `a` and `b`. */
const pick4 = (a: Code, b: Code, words: number[]): Code => {
  const bytes = words.flatMap((index) => [0, 1, 2, 3].map((byte) => index * 4 + byte));
  return shuffle(a, b, bytes);
};
/** SHA-256 reads words with their highest byte first, WebAssembly with their lowest. */
const swapBytes4 = (a: Code): Code => shuffle(a, a, [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12]);
const shuffle = (a: Code, b: Code, bytes: number[]): Code => [...a, ...b, 0xfd, 13, ...bytes];

// The locals: two parameters, the state, a word, the last sixteen words of the schedule, and three times four words.
const [position, end] = [0, 1];
const state = [2, 3, 4, 5, 6, 7, 8, 9];
const sum = 10;
const schedule = [11, 12, 13, 14];
const [mixed, other, keyed] = [15, 16, 17];
const wordLocals = 9;
const vectorLocals = 7;
/** Where the constants of the next sixteen rounds are. */
const constants = 18;

/** The next four words of the schedule, which take the place of the oldest four. */
function extendSchedule(four: number): Code {
  const [oldest = 0, second = 0, third = 0, newest = 0] = [0, 1, 2, 3].map((n) => schedule[(four + n) % 4]);
  const next = (words: Code) => xor4(rotr4(words, 17), rotr4(words, 19), shr4(words, 10));
  const zero = words4([0, 0, 0, 0]);
  return [
    ...set(other, pick4(get(oldest), get(second), [1, 2, 3, 4])),
    ...set(
      mixed,
      add4(
        get(oldest),
        pick4(get(third), get(newest), [1, 2, 3, 4]),
        xor4(rotr4(get(other), 7), rotr4(get(other), 18), shr4(get(other), 3)),
      ),
    ),
    // The last two of the four need the first two.
    ...set(other, pick4(get(newest), zero, [2, 3, 4, 4])),
    ...set(mixed, add4(get(mixed), next(get(other)))),
    ...set(other, pick4(get(mixed), zero, [4, 4, 0, 1])),
    ...set(oldest, add4(get(mixed), next(get(other)))),
  ];
}

/** One round. The state's words change their names from round to round instead of their places. */
function round(index: number, scheduled: Code): Code {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state.map(
    (_, n) => state[(n - index) & 7],
  );
  const [A, B, C, E, F, G] = [a, b, c, e, f, g].map(get) as [Code, Code, Code, Code, Code, Code];
  const choice = xor(G, and(E, xor(F, G)));
  const majority = or(and(A, B), and(C, or(A, B)));
  return [
    ...set(sum, add(add(get(h), scheduled), add(xor(rotr(E, 6), rotr(E, 11), rotr(E, 25)), choice))),
    ...set(d, add(get(d), get(sum))),
    ...set(h, add(get(sum), add(xor(rotr(A, 2), rotr(A, 13), rotr(A, 22)), majority))),
  ];
}

/** Four steps of the schedule, and the sixteen rounds that need them. */
function sixteenRounds(words: (four: number) => Code): Code {
  return [0, 1, 2, 3].flatMap((four) => [
    ...words(four),
    ...set(keyed, add4(get(schedule[four] as number), load4(get(constants), four * 16))),
    ...[0, 1, 2, 3].flatMap((n) => round(four * 4 + n, lane(n, get(keyed)))),
  ]);
}

/** Over the block at `position`: the first sixteen rounds take its words, the others those that follow from them. */
function hashBlock(): Code {
  const load16 = (four: number) => set(schedule[four] as number, swapBytes4(load4(get(position), four * 16)));
  return [
    ...state.flatMap((local, index) => set(local, load(word(0), index * 4))),
    ...set(constants, word(constantsAt)),
    ...sixteenRounds(load16),
    ...repeat(
      [...set(constants, add(get(constants), word(64))), ...sixteenRounds(extendSchedule)],
      isLess(get(constants), word(constantsAt + 192)),
    ),
    ...state.flatMap((local, index) => store(index * 4, add(get(local), load(word(0), index * 4)))),
  ];
}

const [i32, v128, functionType] = [0x7f, 0x7b, 0x60];
const section = (id: number, content: Code): Code => [id, ...unsigned(content.length), ...content];
const name = (text: string): Code => [text.length, ...new TextEncoder().encode(text)];

/** @returns the bytes of the module. It exports its `memory`, and `hashBlocks(from, to)`, addresses of whole blocks. */
export function writeSha256Module(): Uint8Array<ArrayBuffer> {
  const body = [
    ...[3, wordLocals, i32, vectorLocals, v128, 1, i32],
    ...repeat(
      [...hashBlock(), ...set(position, add(get(position), word(64)))],
      isLess(get(position), get(end)),
    ),
    0x0b,
  ];
  const pages = Math.ceil((blocksAt + blocksCapacity) / 65_536);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, functionType, 2, i32, i32, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 1, pages, pages]),
    ...section(7, [2, ...name('memory'), 2, 0, ...name('hashBlocks'), 0, 0]),
    ...section(10, [1, ...unsigned(body.length), ...body]),
    ...section(11, [1, 0, ...word(constantsAt), 0x0b, ...unsigned(256), ...bytesOf(roundConstants)]),
  ]);
}
