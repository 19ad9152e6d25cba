"""Session descriptions (RFC 8866, JSEP RFC 8829) as WebRTC clients of LiveKit write and read them.

`parse` turns text into a `SessionDescription`, `serialize` turns one back into text. Sections keep their
order and number whatever happens; unknown lines are skipped. Nothing else than `SdpError` is raised on input.
"""

from confhub.relay.wire.sdp_model import (
    MAX_LINES_PER_SECTION,
    MAX_SDP_CHARS,
    MAX_SECTIONS,
    Candidate,
    Codec,
    Direction,
    MediaSection,
    Rid,
    SdpError,
    SessionDescription,
    SsrcGroup,
)
from confhub.relay.wire.sdp_read import parse, read_candidate
from confhub.relay.wire.sdp_write import serialize

__all__ = [
    "MAX_LINES_PER_SECTION",
    "MAX_SDP_CHARS",
    "MAX_SECTIONS",
    "Candidate",
    "Codec",
    "Direction",
    "MediaSection",
    "Rid",
    "SdpError",
    "SessionDescription",
    "SsrcGroup",
    "parse",
    "read_candidate",
    "serialize",
]
