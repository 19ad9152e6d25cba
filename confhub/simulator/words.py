"""What the simulator's commands say to a person, in Vietnamese and English."""

from __future__ import annotations

from endpoints.words import Words

WORDS: Words = {
    "too_few_rooms": (
        "Tệp {path} chỉ có {have} điểm cầu, --count cần {want}.",
        "The file {path} holds {have} rooms only, --count asks for {want}.",
    ),
    "clip_encoding": ("Đang mã hóa hình và tiếng thử", "Encoding the test picture and tone"),
    "clip_there": (
        "{path} đã có sẵn, đúng như yêu cầu.",
        "{path} is there already, as wanted.",
    ),
    "receiver_missing": (
        "Phần nhận gói biên dịch chưa có ({reason}). Hãy chạy make native, hoặc dùng --receiver auto.",
        "The compiled receiver was not built ({reason}). Run make native, or use --receiver auto.",
    ),
    "receiver_unknown": (
        "CONFHUB_RECEIVER phải là auto, compiled hoặc python, không phải “{value}”.",
        "CONFHUB_RECEIVER must be auto, compiled or python, not “{value}”.",
    ),
    "clip_written": (
        "Đã ghi {path}: {seconds} giây, {size} byte.",
        "Wrote {path}: {seconds} seconds, {size} bytes.",
    ),
}
