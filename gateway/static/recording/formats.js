/** WFDB's formats of stored samples, signal(5): the digital value at a place of the bytes, and which one marks what was not measured; as data/recordings/wfdb/formats.py. */

/** @typedef {{samples: number, bytes: number, invalid?: number, isDifference?: boolean, value: (bytes: Uint8Array, at: number) => number}} Format */

/** @type {Format["value"]} */
const sixteen = (bytes, at) => ((bytes[2 * at] | (bytes[2 * at + 1] << 8)) << 16) >> 16;

/** Each format: how many `samples` lie in how many `bytes`, its `invalid` value, and how `value(bytes, place)` is read. @type {Record<string, Format>} */
export const FORMATS = {
  8: { samples: 1, bytes: 1, isDifference: true, value: (bytes, at) => (bytes[at] << 24) >> 24 },
  16: { samples: 1, bytes: 2, invalid: -(2 ** 15), value: sixteen },
  24: { samples: 1, bytes: 3, invalid: -(2 ** 23), value: (bytes, at) => ((bytes[3 * at] << 8) | (bytes[3 * at + 1] << 16) | (bytes[3 * at + 2] << 24)) >> 8 },
  32: { samples: 1, bytes: 4, invalid: -(2 ** 31), value: (bytes, at) => word(bytes, 4 * at) | 0 },
  61: { samples: 1, bytes: 2, invalid: -(2 ** 15), value: (bytes, at) => ((bytes[2 * at + 1] | (bytes[2 * at] << 8)) << 16) >> 16 },
  80: { samples: 1, bytes: 1, invalid: -(2 ** 7), value: (bytes, at) => bytes[at] - 2 ** 7 },
  160: { samples: 1, bytes: 2, invalid: -(2 ** 15), value: (bytes, at) => (sixteen(bytes, at) & 0xffff) - 2 ** 15 },
  212: { samples: 2, bytes: 3, invalid: -(2 ** 11), value: of212 },
  310: { samples: 3, bytes: 4, invalid: -(2 ** 9), value: of310 },
  311: { samples: 3, bytes: 4, invalid: -(2 ** 9), value: of311 },
};

/** Two samples of 12 bits lie in three bytes: the middle one holds both their high bits. @param {Uint8Array} bytes @param {number} at */
function of212(bytes, at) {
  const first = 3 * (at >> 1);
  const value = at & 1 ? bytes[first + 2] | ((bytes[first + 1] & 0xf0) << 4) : bytes[first] | ((bytes[first + 1] & 0x0f) << 8);
  return (value << 20) >> 20;
}

/**
 * Three samples of 10 bits lie in two words of 16: two above the lowest bits, the third in both words' highest five.
 * @param {Uint8Array} bytes @param {number} at
 */
function of310(bytes, at) {
  const first = 4 * Math.floor(at / 3);
  const [low, high] = [bytes[first] | (bytes[first + 1] << 8), bytes[first + 2] | (bytes[first + 3] << 8)];
  const place = at % 3;
  const value = place === 0 ? low >> 1 : place === 1 ? high >> 1 : (low >> 11) | ((high >> 11) << 5);
  return (value << 22) >> 22;
}

/** Three samples of 10 bits lie one after another in a word of 32. @param {Uint8Array} bytes @param {number} at */
function of311(bytes, at) {
  return ((word(bytes, 4 * Math.floor(at / 3)) >>> (10 * (at % 3))) << 22) >> 22;
}

/** @param {Uint8Array} bytes @param {number} at */
function word(bytes, at) {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}
