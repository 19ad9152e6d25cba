"""Caps of the signalling plane, each with its reason. Beyond a cap it is the peer that suffers, never the
process."""

from __future__ import annotations

REQUEST_LINE_MAX_BYTES = 96 * 1024
"""A v1 join carries a gzipped publisher offer in its URL: 2.8 kB seen, Firefox with many codecs 18 kB
unpacked."""

JOIN_REQUEST_MAX_BYTES = 512 * 1024
"""Unpacked size of a JoinRequest; an offer with every codec is 18 kB, a resume with 300 sections about 300
kB."""

SIGNAL_MESSAGE_MAX_BYTES = 1024 * 1024
"""One WebSocket frame from a client; sync_state carries two descriptions."""

SIGNAL_QUEUE_MAX_BYTES = 4 * 1024 * 1024
"""Waiting for one slow client; beyond, its socket is closed and it resumes or rejoins by itself."""

SIGNAL_MESSAGES_PER_S = 100
"""Sustained rate of one client's requests. Adaptive streams send a few dozen settings when a grid is
resized."""

REQUEST_HEAD_MAX_BYTES = 2 * REQUEST_LINE_MAX_BYTES
"""A request's line and headers together."""

JOINS_PER_S, JOINS_BURST = 1.0, 30
"""Joins and resumes of one identity in one room: each is told to the whole room. A client whose line comes
and goes tries once or twice a second for a while."""

IDENTITIES_COUNTED = 10_000
"""Whose joins are counted; the one that joined longest ago is forgotten first."""

SIGNAL_BYTES_PER_REQUEST = 2_048
"""A larger request counts as several: a description of 500 kB takes the loop 100 ms, a usual one 1 ms."""

SIGNAL_BURST = 1_000
"""Requests at once: a resume of a client with 300 subscriptions repeats its settings."""

TWIRP_BODY_MAX_BYTES = 1024 * 1024
"""The largest is SendData; LiveKit's own limit for data is lower."""

TWIRP_BODY_S = 15.0
"""For the hub to send it: one machine or one network."""

IDENTITY_MAX_CHARS = 256
"""LiveKit's default limit."""

ROOM_NAME_MAX_CHARS = 256
"""LiveKit's default limit."""

NAME_MAX_CHARS = 256
"""A participant's display name; LiveKit's default limit."""

METADATA_MAX_BYTES = 64 * 1024
"""LiveKit's default limit; it is repeated to everybody in the room."""

ATTRIBUTES_MAX_BYTES = 64 * 1024
"""Sum of keys and values; LiveKit's default limit."""

TRACKS_PER_PARTICIPANT = 64
"""Pending and published together. A camera, a microphone, a screen and its sound are four; tests publish a
dozen."""

DATA_TRACKS_PER_PARTICIPANT = 64
"""Published data tracks; each costs a handle in every subscriber."""

DATA_BLOBS_PER_PARTICIPANT = 64
"""Stored schemas of data tracks."""

DATA_BLOB_MAX_BYTES = 64 * 1024
"""One stored schema."""

CODECS_PER_TRACK = 8
"""simulcast_codecs of one add_track: the codec and its backups."""

LAYERS_PER_CODEC = 4
"""Three simulcast layers are the most any client sends."""

TEXT_MAX_CHARS = 1024
"""Any other text of a request (track names, cids, streams)."""

IDS_PER_REQUEST = 2_000
"""Track sids in one subscription, setting or permission request: every track of a large room at once."""

PARTICIPANTS_PER_ROOM = 3_000
"""A province has some hundreds of rooms; memory beyond this is somebody's mistake."""

ROOMS = 10_000
"""Rooms in one process; a room costs a few kB, and a timer once somebody is in it."""

DATA_DESTINATIONS = 3_000
"""Destinations in one data packet: everybody in the room by name."""

DATA_MESSAGES_PER_S = 2_000
"""Data packets of one participant, sustained; each is copied to the whole room."""

DATA_BURST = 4_000
"""Data packets at once: a byte stream of 50 MB is sent in 15 kB chunks by fast clients."""

PENDING_SUBSCRIPTIONS = 3_000
"""track_setting for tracks not subscribed yet, kept for one participant."""

REVOCATIONS = 50_000
"""Removed identities remembered; the oldest goes first."""

WEBHOOK_QUEUE = 10_000
"""Events waiting over all participants: everybody of a large conference joining and leaving several times
while the
receiver is down. Beyond, the oldest event is dropped and counted in the next event's num_dropped; the
receiver reconciles with ListParticipants."""

UPDATE_INTERVAL_S = 0.2
"""Between two participant updates to a room: everything that changed meanwhile goes out as one message."""

SLOT_SOUND_WAIT_S = 0.5
"""A new speaker's sound waits this long for its picture's keyframe."""

SLOT_PICTURE_WAIT_S = 2.0
"""A new speaker that is heard but shows nothing: so long the picture of who spoke before goes on."""

PING_INTERVAL_S = 5
"""Told to clients: how often they ping."""

PING_TIMEOUT_S = 15
"""Told to clients: without an answer for this long they resume."""

SOCKET_HEARTBEAT_S = 20.0
"""WebSocket ping of ours, so that a vanished client's socket is noticed within 30 s."""

DEPARTURE_WINDOW_S = 30.0
"""A participant whose signalling is gone and whose transport is silent stays this long: a line that dies for
20 s, as they do in the mountains, costs no rejoin, and its media flows again with the line."""

SILENT_WITHOUT_SIGNAL_S = 2.0
"""Whose signalling is gone, and of whom nothing came for so long, is told to be silent (a machine that was
killed); it stays a participant for DEPARTURE_WINDOW_S all the same, for its line may come back."""

SILENT_SENDER_S = 3.5
"""The same for one that sends: its clients check consent every 2.5 s even where nothing is forwarded."""

SILENT_LISTENER_S = 8.0
"""The same for one that only listens: consent checks (RFC 7675: 5 s on the average) may be all it sends."""

SIGNAL_ABSENCE_MAX_S = 60.0
"""A participant without signalling, but with media still flowing, stays this long: clients try to resume
for about a minute."""

CONNECT_DEADLINE_S = 60.0
"""From joining to the first connected transport; LiveKit's clients give up after 15 s."""

TOKEN_REFRESH_S = 300.0
"""LiveKit sends a fresh token every five minutes."""

TOKEN_TTL_S = 600
"""Validity of a refreshed token: longer than the refresh interval, short enough for a withdrawal to bite."""

TOKEN_MAX_TTL_S = 24 * 3600
"""Revocations of an identity are remembered at least this long."""

DEPARTURES_KEPT_S, DEPARTURES_KEPT = 150.0, 10_000
"""Who left is told to who resumes: within SIGNAL_ABSENCE_MAX_S of a dead socket's being noticed, and more; a
province that loses its power twice."""

EMPTY_TIMEOUT_S = 300
"""A room nobody ever joined is closed after this; LiveKit's default."""

DEPARTURE_TIMEOUT_S = 20
"""A room everybody left is closed after this; LiveKit's default."""

HOUSEKEEPING_INTERVAL_S = 1.0
"""How often silent participants and empty rooms are looked for."""

EARLY_DATA_BYTES = 64 * 1024
"""Reliable messages that wait for a client's channel to open: a chat of its first second."""

GO_OFFER_WAIT_S = 0.1
"""Before the offer in a Go client's join is taken: it needs a millisecond, a busy machine some dozens."""

QUALITY_INTERVAL_S = 5.0
"""Between two looks at connection quality; only changes are told."""

LOOP_LAGS = 60
"""Looks at the loop's lag that are remembered: one each second, a minute together, as monitoring asks."""
