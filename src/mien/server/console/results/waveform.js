/**
 * Makes the outline of a recording: the loudest and the softest of each stretch. A WAV file is read piece by piece,
 * whatever its length; others must be decoded whole, which a browser should not do with hours.
 */

/** How many stretches an outline has. */
export const STRETCHES = 2000;
const PIECE = 4 << 20;
const LONGEST_DECODED = 40 * 60;
const LARGEST_DECODED = 128 << 20;
const RATE = 8000;

/**
 * Gives the outline of a recording.
 * @param {Blob} blob
 * @param {number} seconds how long it is, by its player
 * @returns {Promise<Float32Array|null>} lowest and highest in turn, -1…1; null where it would take too much memory
 */
export async function outline(blob, seconds) {
  const format = await wavFormat(blob);
  if (format) return outlineOfWav(blob, format);
  if (!(seconds <= LONGEST_DECODED) || blob.size > LARGEST_DECODED) return null;
  const context = new OfflineAudioContext(1, 1, RATE);
  const sound = await context.decodeAudioData(await blob.arrayBuffer());
  const result = emptyOutline();
  for (let channel = 0; channel < sound.numberOfChannels; channel++) widen(result, sound.getChannelData(channel), 0, sound.length);
  return finished(result);
}

function emptyOutline() {
  const result = new Float32Array(2 * STRETCHES);
  for (let k = 0; k < STRETCHES; k++) [result[2 * k], result[2 * k + 1]] = [Infinity, -Infinity];
  return result;
}

/** Takes samples in, of which the first is number `from` of `total`. */
function widen(result, samples, from, total) {
  for (let i = 0; i < samples.length; i++) {
    const place = 2 * Math.min(STRETCHES - 1, Math.floor(((from + i) / total) * STRETCHES));
    const value = samples[i];
    if (value < result[place]) result[place] = value;
    if (value > result[place + 1]) result[place + 1] = value;
  }
}

/** Fills stretches without a sample of their own (very short sounds) with their neighbour's. */
function finished(result) {
  for (let k = 0; k < STRETCHES; k++) {
    if (result[2 * k] <= result[2 * k + 1]) continue;
    [result[2 * k], result[2 * k + 1]] = k ? [result[2 * k - 2], result[2 * k - 1]] : [0, 0];
  }
  return result;
}

/** Reads the head of a WAV file with whole or broken numbers; null for all else. */
async function wavFormat(blob) {
  const view = new DataView(await blob.slice(0, 1 << 16).arrayBuffer());
  const name = (at) => String.fromCharCode(...[0, 1, 2, 3].map((k) => view.getUint8(at + k)));
  if (view.byteLength < 44 || name(0) !== "RIFF" || name(8) !== "WAVE") return null;
  let format = null;
  for (let at = 12; at + 8 <= view.byteLength; ) {
    const size = view.getUint32(at + 4, true);
    if (name(at) === "fmt " && at + 24 <= view.byteLength) {
      const code = view.getUint16(at + 8, true);
      const kind = code === 0xfffe && at + 34 <= view.byteLength ? view.getUint16(at + 32, true) : code;
      format = { kind, channels: view.getUint16(at + 10, true), bits: view.getUint16(at + 22, true) };
    }
    if (name(at) === "data") return readable(format) ? { ...format, begin: at + 8, bytes: Math.min(size, blob.size - at - 8) } : null;
    at += 8 + size + (size & 1);
  }
  return null;
}

function readable(format) {
  return format && ((format.kind === 1 && (format.bits === 16 || format.bits === 8)) || (format.kind === 3 && format.bits === 32));
}

async function outlineOfWav(blob, { kind, channels, bits, begin, bytes }) {
  const width = bits / 8;
  const total = Math.floor(bytes / width / channels) * channels;
  const result = emptyOutline();
  const step = PIECE - (PIECE % (width * channels));
  for (let at = 0; at < total * width; at += step) {
    const buffer = await blob.slice(begin + at, begin + Math.min(total * width, at + step)).arrayBuffer();
    widen(result, samplesOf(buffer, kind, bits), at / width, total);
  }
  return finished(result);
}

function samplesOf(buffer, kind, bits) {
  if (kind === 3) return new Float32Array(buffer);
  if (bits === 8) return Float32Array.from(new Uint8Array(buffer), (value) => (value - 128) / 128);
  return Float32Array.from(new Int16Array(buffer), (value) => value / 32768);
}
