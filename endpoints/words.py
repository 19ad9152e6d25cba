"""What the room's program says to a person, in Vietnamese and English."""

from __future__ import annotations

import os
from collections.abc import Mapping

LANGUAGES = ("vi", "en")

Words = Mapping[str, tuple[str, str]]
"""Key -> Vietnamese, English."""

WORDS: Words = {
    "paired": (
        "Đã ghép điểm cầu {code} – {name} ({unit}). Thông tin xác thực được lưu trong {path}.",
        "Paired as endpoint {code} – {name} ({unit}). The credential is kept in {path}.",
    ),
    "pairing_code_unknown": (
        "Mã ghép không đúng. Hãy kiểm tra từng ký tự trên phiếu, hoặc xin quản trị viên một mã mới.",
        "This pairing code is wrong. Check each character, or ask an administrator for a new one.",
    ),
    "pairing_code_used": (
        "Mã ghép này đã được dùng. Mỗi mã chỉ dùng một lần: hãy xin quản trị viên một mã mới.",
        "This pairing code has been used. A code works once: ask an administrator for a new one.",
    ),
    "pairing_code_expired": (
        "Mã ghép này đã hết hạn. Hãy xin quản trị viên một mã mới.",
        "This pairing code has expired. Ask an administrator for a new one.",
    ),
    "pairing_code_revoked": (
        "Mã ghép này đã bị thu hồi. Hãy hỏi quản trị viên.",
        "This pairing code was revoked. Ask an administrator.",
    ),
    "too_many_attempts": (
        "Đã thử quá nhiều lần. Hãy thử lại sau {seconds} giây.",
        "Too many attempts. Try again in {seconds} seconds.",
    ),
    "hub_refused": (
        "Máy chủ từ chối (HTTP {status} {code}). Hãy kiểm tra địa chỉ --hub và phiên bản máy chủ.",
        "The hub refused (HTTP {status} {code}). Check the address given as --hub and the hub's version.",
    ),
    "hub_unreachable": (
        "Không kết nối được máy chủ {hub} ({reason}). Hãy kiểm tra mạng và địa chỉ --hub.",
        "The hub {hub} cannot be reached ({reason}). Check the network and the address given as --hub.",
    ),
    "tls_not_trusted": (
        "Chứng chỉ của máy chủ {hub} không được tin cậy ({reason}). Hãy dùng --ca với tệp CA của máy chủ.",
        "The certificate of {hub} is not trusted ({reason}). Give the hub's CA file as --ca.",
    ),
    "hub_answer_wrong": (
        "{hub} trả lời không phải như một máy chủ confhub. Hãy kiểm tra địa chỉ --hub.",
        "{hub} does not answer like a confhub hub. Check the address given as --hub.",
    ),
    "hub_url_wrong": (
        "--hub phải là địa chỉ http:// hoặc https://, không phải “{value}”.",
        "--hub must be an http:// or https:// address, not “{value}”.",
    ),
    "ca_wrong": (
        "Không dùng được tệp CA {path}: {reason}. Hãy kiểm tra --ca.",
        "The CA file {path} cannot be used: {reason}. Check --ca.",
    ),
    "code_wrong": (
        "Mã ghép gồm chữ cái, chữ số và dấu gạch nối, dài 4–64 ký tự.",
        "A pairing code has letters, digits and hyphens, 4 to 64 of them.",
    ),
    "not_paired": (
        "Máy này chưa được ghép. Hãy chạy: confhub-endpoint pair MÃ --hub ĐỊA_CHỈ,"
        " hoặc confhub-endpoint run --hub ĐỊA_CHỈ để hiển thị mã trên màn hình.",
        "This machine is not paired. Run: confhub-endpoint pair CODE --hub URL,"
        " or confhub-endpoint run --hub URL to show a code on the screen.",
    ),
    "screen_code": (
        "\nMáy này chưa được ghép. Hãy mở {address} và nhập mã:\n\n    {code}\n",
        "\nThis machine is not paired. Open {address} and type the code:\n\n    {code}\n",
    ),
    "screen_code_expired": ("Mã đã hết hạn. Đang lấy mã mới.", "The code has expired. Asking for a new one."),
    "pairing_refused": (
        "Yêu cầu ghép máy này đã bị từ chối. Hãy hỏi quản trị viên, rồi chạy lại để lấy mã mới.",
        "The pairing of this machine was refused. Ask the administrator, then start again for a new code.",
    ),
    "state_broken": (
        "Tệp {path} bị hỏng. Hãy ghép lại máy này bằng một mã mới.",
        "The file {path} is broken. Pair this machine again with a new code.",
    ),
    "state_unwritable": (
        "Không ghi được vào {path}: {reason}. Hãy kiểm tra --state.",
        "Cannot write to {path}: {reason}. Check --state.",
    ),
    "file_unusable": (
        "Không dùng được tệp {path}: {reason}.",
        "The file {path} cannot be used: {reason}.",
    ),
    "browser_missing": (
        "Không tìm thấy trình duyệt Chromium. Hãy cài chromium hoặc chỉ ra bằng --kiosk-browser.",
        "No Chromium browser was found. Install chromium, or name it with --kiosk-browser.",
    ),
    "simulator_missing": (
        "Lệnh {command} cần trọn bộ confhub, chưa được cài trên máy này ({reason})."
        " Hãy chạy: pip install confhub",
        "The command {command} needs the whole of confhub, which is not installed here ({reason})."
        " Run: pip install confhub",
    ),
    "sdk_missing": (
        "Chế độ --headless cần thư viện livekit: pip install 'confhub[endpoint]'.",
        "--headless needs the livekit library: pip install 'confhub[endpoint]'.",
    ),
    "running": (
        "Điểm cầu {code} đang chạy, nối tới {hub}.",
        "Endpoint {code} is running, connected to {hub}.",
    ),
}


def language(wanted: str | None) -> str:
    """`vi` or `en`: what was asked for, else what LC_ALL, LC_MESSAGES or LANG says, else Vietnamese."""
    if wanted in LANGUAGES:
        return wanted
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value:
            return "en" if value.lower().startswith("en") else "vi"
    return "vi"


def say(lang: str, key: str, words: Words = WORDS, /, **values: object) -> str:
    """The sentence in a language."""
    vietnamese, english = words[key]
    return (english if lang == "en" else vietnamese).format(**values)
