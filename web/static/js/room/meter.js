// A level meter: how loud a microphone is, ten times a second, from silence (0) to full scale (1).

const INTERVAL_MS = 100;
const FLOOR_DB = -60;

/**
 * The level of one block of samples on a scale that matches the ear.
 * @param {Float32Array} samples -1…1
 * @returns {number} 0 at -60 dBFS and below, 1 at full scale
 */
export function level(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const rms = Math.sqrt(sum / samples.length);
  if (rms === 0) return 0;
  const decibel = 20 * Math.log10(rms);
  return Math.min(1, Math.max(0, 1 - decibel / FLOOR_DB));
}

export class Meter {
  /** @type {AudioContext | null} */
  #context = null;
  #timer = 0;

  /** @param {(level: number) => void} show */
  constructor(show) {
    this.show = show;
  }

  /** @param {MediaStreamTrack} track a microphone's */
  start(track) {
    this.stop();
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 1024;
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.#context = context;
    this.#timer = window.setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      this.show(level(samples));
    }, INTERVAL_MS);
  }

  stop() {
    window.clearInterval(this.#timer);
    this.#context?.close();
    this.#context = null;
    this.show(0);
  }
}
