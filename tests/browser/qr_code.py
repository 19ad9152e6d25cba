"""Reading what stands on a page's screen, as a phone held before it does."""

from __future__ import annotations

from base64 import b64encode

from playwright.async_api import Page

_READ = """async (picture) => {
  const image = new Image();
  image.src = `data:image/png;base64,${picture}`;
  await image.decode();
  const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
  return jsQR(data, width, height, { inversionAttempts: "dontInvert" })?.data ?? null;
}"""


async def qr_code_on(page: Page) -> str | None:
    """The text of the QR code that the page shows, dark on light, or None."""
    picture = b64encode(await page.screenshot()).decode()
    await page.add_script_tag(url="/static/vendor/jsQR.js")
    read: str | None = await page.evaluate(_READ, picture)
    return read
