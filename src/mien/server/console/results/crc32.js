/** The checksum that zips carry: CRC-32 with the polynomial of ISO 3309. */

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  return rest;
});

/** Add up bytes as they come. */
export class Crc32 {
  #rest = 0xffffffff;

  /** @param {Uint8Array} bytes */
  add(bytes) {
    let rest = this.#rest;
    for (let i = 0; i < bytes.length; i += 1) rest = TABLE[(rest ^ bytes[i]) & 0xff] ^ (rest >>> 8);
    this.#rest = rest;
  }

  /** The checksum of everything added so far, an unsigned 32-bit number. */
  get value() {
    return (this.#rest ^ 0xffffffff) >>> 0;
  }
}
