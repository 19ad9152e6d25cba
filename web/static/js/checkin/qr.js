// Reading QR codes from a camera's picture: the browser's own detector, else jsQR.

const PICTURE_MAX_PX = 800;

/** @returns {Promise<(video: HTMLVideoElement) => Promise<string | null>>} reads one QR code, or none */
export async function reader() {
  const Detector = /** @type {any} */ (window).BarcodeDetector;
  if (Detector && (await Detector.getSupportedFormats().catch(() => [])).includes("qr_code")) {
    const detector = new Detector({ formats: ["qr_code"] });
    return async (video) => (await detector.detect(video))[0]?.rawValue ?? null;
  }
  await new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "/static/vendor/jsQR.js";
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
  const { jsQR } = /** @type {any} */ (window);
  const canvas = document.createElement("canvas");
  return async (video) => {
    const frame = picture(video, canvas);
    return frame ? (jsQR(frame.data, frame.width, frame.height)?.data ?? null) : null;
  };
}

/**
 * @param {HTMLVideoElement} video
 * @param {HTMLCanvasElement} canvas
 * @returns {ImageData | null} the picture of this moment, made smaller
 */
function picture(video, canvas) {
  const { videoWidth, videoHeight } = video;
  if (!videoWidth) return null;
  const scale = Math.min(1, PICTURE_MAX_PX / Math.max(videoWidth, videoHeight));
  canvas.width = Math.round(videoWidth * scale);
  canvas.height = Math.round(videoHeight * scale);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) return null;
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
