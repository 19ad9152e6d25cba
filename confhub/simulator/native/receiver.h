/* What one connection receives, counted: streams, gaps, frames, and the rules of picture and sound.
 *
 * The twin of rtc/receiver.py, rtc/vp8.py and rtc/quality.py, line by line; the same tests run over both. Pure C
 * without Python.h, sockets and clocks, so that it can be fuzzed with sanitizers: bytes and `now` in, counts out.
 */
#ifndef ENDPOINTS_RECEIVER_H
#define ENDPOINTS_RECEIVER_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arrivals.h"

#define RX_STREAMS 32   /* SSRCs a connection: MAX_STREAMS */
#define RX_DUES 64      /* SSRCs whose track is known by the session description: MAX_DUES */
#define RX_MISSING 256  /* missing packets remembered a stream: MAX_MISSING */
#define RX_PENDING 512  /* packets kept while a gap is open: MAX_PENDING */
#define RX_NACK_TRIES 6
#define RX_NACK_AFTER_S 0.02
#define RX_NACK_AGAIN_S 0.1
#define RX_WINDOW_S 2.0
#define RX_MIN_OPUS 90
#define RX_UNREAD_S 1.0
#define RX_FREEZE_S 1.0
#define RX_RESTART 450 /* RESTART_GAP */
#define RX_LULL_S 2.0
#define RX_LULLS 16

enum { RX_START = 1, RX_MARKER = 2, RX_KEYFRAME = 4, RX_PADDING = 8, RX_USED = 16 };

typedef struct {
    int64_t number;
    double at;
    int tries;
} rx_missing;

typedef struct {
    uint32_t timestamp;
    uint8_t flags;
} rx_waiting;

typedef struct {
    double since, last, longest_gap_s, freeze_s;
    uint32_t freezes;
    uint8_t active;
} rx_picture;

typedef struct {
    double start;
    int windows, poor, worst, count;
    uint8_t active;
} rx_sound;

typedef struct {
    uint32_t ssrc;
    uint8_t video;
    int64_t base, highest; /* extended sequence numbers, -1 before the first packet */
    uint64_t received, bytes, duplicates, gaps;
    double first_at, last_at, longest_stall_s;
    uint32_t last_sr;
    double last_sr_at;
    int64_t prior_expected, prior_received;
    uint64_t unrecovered;
    int missing_count;
    rx_missing *missing; /* RX_MISSING, ascending as the gaps appeared; NULL before the first gap */
    /* frames */
    int64_t next, frame_timestamp;
    uint8_t open, key, broken;
    uint64_t frames, keyframes;
    int waiting_count;
    rx_waiting *waiting; /* RX_PENDING, by sequence number; NULL before the first gap */
    double pli_at, stalled_at;
    rx_picture picture;
    rx_sound sound;
} rx_stream;

typedef struct {
    uint64_t received, lost, keyframes, frames;
    uint32_t freezes;
    double freeze_s, longest_gap_s;
    int windows, poor;
    uint8_t seen, broken;
} rx_retired;

typedef struct {
    uint8_t kinds[128]; /* by payload type: 0 unknown, 1 audio, 2 video */
    int count;
    int recent; /* index of the stream that the last packet was of */
    rx_stream streams[RX_STREAMS];
    int due_count;
    uint32_t due_ssrc[RX_DUES];
    uint8_t due_active[RX_DUES];
    uint8_t due_video, due_audio; /* for SSRCs that no description names */
    rx_retired retired;
    uint64_t ignored;
    uint8_t attention, heard;
    double first_media_at, media_at; /* the first and the last RTP packet, once `heard` */
    int lull_count;
    double lull_from[RX_LULLS], lull_to[RX_LULLS];
    rx_arrivals arrivals;
} rx_receiver;

typedef struct {
    uint32_t ssrc, crc;
} rx_key;

static inline void rx_init(rx_receiver *r) { memset(r, 0, sizeof *r); }

static inline void rx_stream_free(rx_stream *s) {
    free(s->missing);
    free(s->waiting);
    s->missing = NULL;
    s->waiting = NULL;
}

static inline void rx_free(rx_receiver *r) {
    for (int i = 0; i < r->count; i++) rx_stream_free(&r->streams[i]);
    r->count = 0;
    rx_arrivals_free(&r->arrivals);
}

/* picture and sound: rtc/quality.py */

static inline void rx_picture_gap(rx_picture *p, double gap) {
    if (gap > p->longest_gap_s) p->longest_gap_s = gap;
    if (gap > RX_FREEZE_S) {
        p->freezes++;
        p->freeze_s += gap;
    }
}

static inline void rx_picture_source(rx_picture *p, int active, double now) {
    if (active == p->active) return;
    if (!active && p->last >= 0) rx_picture_gap(p, now - p->last);
    p->active = (uint8_t)active;
    p->last = active && p->since >= 0 ? now : -1.0;
}

static inline void rx_picture_frame(rx_picture *p, int key, double now) {
    if (p->since < 0) {
        if (!key) return;
        p->since = now;
    }
    if (!p->active) return;
    if (p->last >= 0) rx_picture_gap(p, now - p->last);
    p->last = now;
}

static inline int rx_picture_broken(const rx_picture *p, double now) {
    if (p->longest_gap_s > RX_WINDOW_S) return 1;
    return p->active && p->last >= 0 && now - RX_UNREAD_S - p->last > RX_WINDOW_S;
}

static inline void rx_sound_close(rx_sound *s, double now) {
    while (s->start >= 0 && now - s->start >= RX_WINDOW_S) {
        s->windows++;
        if (s->worst < 0 || s->count < s->worst) s->worst = s->count;
        if (s->count < RX_MIN_OPUS) s->poor++;
        s->start += RX_WINDOW_S;
        s->count = 0;
    }
}

static inline void rx_sound_source(rx_sound *s, int active, double now) {
    if (active == s->active) return;
    if (!active && s->start >= 0) rx_sound_close(s, now - RX_UNREAD_S);
    s->active = (uint8_t)active;
    s->start = -1.0;
    s->count = 0;
}

static inline void rx_sound_packet(rx_sound *s, double now) {
    if (!s->active) return;
    if (s->start < 0)
        s->start = now;
    else if (now - s->start >= RX_WINDOW_S)
        rx_sound_close(s, now);
    s->count++;
}

/* streams */

static inline int64_t rx_lost(const rx_stream *s) {
    if (s->base < 0) return 0;
    int64_t lost = s->highest - s->base + 1 - (int64_t)s->received;
    return lost > 0 ? lost : 0;
}

static inline rx_stream *rx_find(rx_receiver *r, uint32_t ssrc) {
    if (r->recent < r->count && r->streams[r->recent].ssrc == ssrc) return &r->streams[r->recent];
    for (int i = 0; i < r->count; i++)
        if (r->streams[i].ssrc == ssrc) {
            r->recent = i;
            return &r->streams[i];
        }
    return NULL;
}

static inline void rx_retire(rx_receiver *r, uint32_t ssrc) {
    rx_stream *s = rx_find(r, ssrc);
    if (s == NULL) return;
    rx_retired *t = &r->retired;
    t->received += s->received;
    t->lost += (uint64_t)rx_lost(s);
    t->keyframes += s->keyframes;
    t->frames += s->frames;
    t->freezes += s->picture.freezes;
    t->freeze_s += s->picture.freeze_s;
    if (s->picture.longest_gap_s > t->longest_gap_s) t->longest_gap_s = s->picture.longest_gap_s;
    t->windows += s->sound.windows;
    t->poor += s->sound.poor;
    t->seen |= s->picture.since >= 0;
    t->broken |= s->picture.longest_gap_s > RX_WINDOW_S;
    rx_stream_free(s);
    int at = (int)(s - r->streams);
    memmove(s, s + 1, sizeof *s * (size_t)(r->count - at - 1));
    r->count--;
    r->recent = 0;
}

static inline int rx_due(const rx_receiver *r, uint32_t ssrc, int video) {
    for (int i = 0; i < r->due_count; i++)
        if (r->due_ssrc[i] == ssrc) return r->due_active[i];
    return video ? r->due_video : r->due_audio;
}

static inline rx_stream *rx_new_stream(rx_receiver *r, uint32_t ssrc, int payload_type, double now) {
    int kind = r->kinds[payload_type & 127];
    if (kind == 0) return NULL;
    if (r->count >= RX_STREAMS) rx_retire(r, r->streams[0].ssrc);
    rx_stream *s = &r->streams[r->count];
    memset(s, 0, sizeof *s);
    s->ssrc = ssrc;
    s->video = kind == 2;
    s->base = s->highest = -1;
    s->next = s->frame_timestamp = -1;
    s->picture.since = s->picture.last = -1.0;
    s->sound.start = -1.0;
    s->sound.worst = -1;
    int due = rx_due(r, ssrc, s->video);
    if (s->video)
        rx_picture_source(&s->picture, due, now);
    else
        rx_sound_source(&s->sound, due, now);
    r->recent = r->count++;
    return s;
}

/* The presence of each source: as the session description and the participants tell it. */
static inline void rx_sources(rx_receiver *r, const uint32_t *ssrcs, const uint8_t *active, int count, int video,
                              int audio, double now) {
    if ((video || audio) && !r->due_video && !r->due_audio && r->heard) r->media_at = now;
    r->due_count = count < RX_DUES ? count : RX_DUES;
    memcpy(r->due_ssrc, ssrcs, sizeof *ssrcs * (size_t)r->due_count);
    memcpy(r->due_active, active, (size_t)r->due_count);
    r->due_video = (uint8_t)video;
    r->due_audio = (uint8_t)audio;
    for (int i = 0; i < r->count; i++) {
        rx_stream *s = &r->streams[i];
        int due = rx_due(r, s->ssrc, s->video);
        if (s->video)
            rx_picture_source(&s->picture, due, now);
        else
            rx_sound_source(&s->sound, due, now);
    }
}

static inline void rx_gap(rx_stream *s, int64_t first, int64_t end, double now) {
    s->gaps++;
    if (end - first > RX_RESTART) s->prior_expected += end - first; /* a line that was dead, not one that loses */
    if (end - first > RX_MISSING - s->missing_count) {
        s->unrecovered += (uint64_t)(end - first + s->missing_count);
        s->missing_count = 0;
        s->broken = s->video;
        return;
    }
    if (s->missing == NULL) s->missing = (rx_missing *)malloc(sizeof(rx_missing) * RX_MISSING);
    if (s->missing == NULL) return;
    for (int64_t n = first; n < end; n++) {
        rx_missing plan = {n, now + RX_NACK_AFTER_S, RX_NACK_TRIES};
        s->missing[s->missing_count++] = plan;
    }
}

static inline void rx_found(rx_stream *s, int64_t number) {
    for (int i = 0; i < s->missing_count; i++)
        if (s->missing[i].number == number) {
            memmove(&s->missing[i], &s->missing[i + 1], sizeof(rx_missing) * (size_t)(s->missing_count - i - 1));
            s->missing_count--;
            return;
        }
}

static inline int64_t rx_sequence(rx_stream *s, uint16_t number, double now) {
    s->received++;
    if (s->highest < 0) {
        s->base = s->highest = (int64_t)number + 65536;
        return s->highest;
    }
    int64_t extended = s->highest + (int64_t)(((int64_t)number - s->highest + 32768) & 0xFFFF) - 32768;
    if (extended == s->highest + 1) {
        s->highest = extended;
    } else if (extended > s->highest) {
        rx_gap(s, s->highest + 1, extended, now);
        s->highest = extended;
    } else {
        rx_found(s, extended);
        if (extended < s->base) s->base = extended;
    }
    return extended;
}

/* Sequence numbers to ask for now, at most `room`; those asked RX_NACK_TRIES times are forgotten. */
static inline int rx_due_nacks(rx_stream *s, double now, uint16_t *out, int room) {
    int due = 0, kept = 0;
    for (int i = 0; i < s->missing_count; i++) {
        rx_missing plan = s->missing[i];
        if (plan.at <= now) {
            if (plan.tries <= 0) continue;
            plan.at = now + RX_NACK_AGAIN_S;
            plan.tries--;
            if (due < room) out[due++] = (uint16_t)plan.number;
        }
        s->missing[kept++] = plan;
    }
    s->missing_count = kept;
    return due;
}

/* frames: rtc/vp8.py */

static inline int rx_descriptor_size(const uint8_t *p, int size) {
    if (size < 1) return 0;
    int at = 1;
    if (p[0] & 0x80) {
        if (size < 2) return 0;
        uint8_t extension = p[1];
        at = 2;
        if (extension & 0x80) {
            if (at >= size) return 0;
            at += p[at] & 0x80 ? 2 : 1;
        }
        if (extension & 0x40) at += 1;
        if (extension & 0x30) at += 1;
    }
    return at <= size ? at : 0;
}

static inline int rx_is_keyframe(const uint8_t *p, int size, int descriptor) {
    const uint8_t *frame = p + descriptor;
    return descriptor > 0 && (p[0] & 0x1F) == 0x10 && descriptor + 10 <= size && !(frame[0] & 1) &&
           frame[3] == 0x9D && frame[4] == 0x01 && frame[5] == 0x2A;
}

static inline uint32_t rx_crc32(const uint8_t *data, int size) {
    uint32_t crc = 0xFFFFFFFFu;
    for (int i = 0; i < size; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1)));
    }
    return ~crc;
}

static inline void rx_take(rx_stream *s, int64_t number, uint32_t timestamp, uint8_t flags, double now) {
    s->next = number + 1;
    if (flags & RX_START) {
        s->key = (flags & RX_KEYFRAME) != 0;
        s->broken = s->broken && !s->key;
        s->open = !s->broken;
        s->frame_timestamp = timestamp;
    } else if (timestamp != s->frame_timestamp) {
        s->open = 0;
    }
    if (!s->open || !(flags & RX_MARKER)) return;
    s->open = 0;
    s->frames++;
    s->keyframes += s->key;
    rx_picture_frame(&s->picture, s->key, now);
}

static inline rx_waiting *rx_slot(rx_stream *s, int64_t number) {
    return &s->waiting[number & (RX_PENDING - 1)];
}

static inline void rx_drain(rx_stream *s, double now) {
    while (s->waiting_count > 0) {
        rx_waiting *slot = rx_slot(s, s->next);
        if (!(slot->flags & RX_USED)) return;
        rx_waiting packet = *slot;
        slot->flags = 0;
        s->waiting_count--;
        if (packet.flags & RX_PADDING)
            s->next++;
        else
            rx_take(s, s->next, packet.timestamp, packet.flags, now);
    }
}

static inline void rx_wait(rx_stream *s, int64_t number, uint32_t timestamp, uint8_t flags) {
    if (s->waiting == NULL) s->waiting = (rx_waiting *)calloc(RX_PENDING, sizeof(rx_waiting));
    if (s->waiting == NULL) return;
    rx_waiting *slot = rx_slot(s, number);
    if (!(slot->flags & RX_USED)) s->waiting_count++;
    slot->timestamp = timestamp;
    slot->flags = flags | RX_USED;
}

/* Leaves an open gap behind when a whole keyframe waits beyond it. */
static inline void rx_skip_to_keyframe(rx_stream *s, double now) {
    if (s->waiting == NULL) return;
    int64_t end = s->next + RX_PENDING;
    for (int64_t first = s->next + 1; first < end; first++) {
        uint8_t flags = rx_slot(s, first)->flags;
        if (!(flags & RX_USED) || !(flags & RX_KEYFRAME)) continue;
        int64_t last = first;
        while (last < end && (rx_slot(s, last)->flags & RX_USED) && !(rx_slot(s, last)->flags & RX_MARKER)) last++;
        if (last < end && (rx_slot(s, last)->flags & RX_USED)) {
            for (int64_t old = s->next; old < first; old++) {
                if (rx_slot(s, old)->flags & RX_USED) s->waiting_count--;
                rx_slot(s, old)->flags = 0;
            }
            s->next = first;
            s->open = 0;
            rx_drain(s, now);
            return;
        }
    }
}

static inline void rx_push(rx_stream *s, int64_t number, uint32_t timestamp, uint8_t flags, double now) {
    if (number != s->next && s->next >= 0) {
        if (number < s->next) return;
        if (number - s->next < RX_PENDING) {
            rx_wait(s, number, timestamp, flags);
            if (flags & (RX_MARKER | RX_KEYFRAME)) rx_skip_to_keyframe(s, now);
            return;
        }
        if (s->waiting != NULL) memset(s->waiting, 0, RX_PENDING * sizeof(rx_waiting));
        s->waiting_count = 0; /* the gap will not be filled any more: begin again here, with a keyframe */
        s->open = 0;
        s->broken = 1;
    }
    rx_take(s, number, timestamp, flags, now);
    rx_drain(s, now);
}

static inline void rx_push_padding(rx_stream *s, int64_t number, double now) {
    if (number == s->next) {
        s->next++;
        rx_drain(s, now);
    } else if (s->next >= 0 && number > s->next && number - s->next < RX_PENDING) {
        rx_wait(s, number, 0, RX_PADDING);
    }
}

/* Offset and end of the payload (RFC 3550 5.1, 5.3.1); offset == end == size when it is cut short. */
static inline void rx_payload(const uint8_t *d, int size, int *offset, int *end) {
    int at = 12 + 4 * (d[0] & 0x0F), to = size;
    if (d[0] & 0x10) {
        if (at + 4 > size) {
            *offset = *end = size;
            return;
        }
        at += 4 + 4 * ((d[at + 2] << 8) | d[at + 3]);
    }
    if (d[0] & 0x20) to = size - d[size - 1];
    if (at > to) at = to = size;
    *offset = at;
    *end = to;
}

/* RTP came: a time without any, while some was due, is a lull. */
static inline void rx_media(rx_receiver *r, double now) {
    if (!r->heard) {
        r->heard = 1;
        r->first_media_at = now;
    } else if (now - r->media_at > RX_LULL_S && (r->due_video || r->due_audio) && r->lull_count < RX_LULLS) {
        r->lull_from[r->lull_count] = r->media_at;
        r->lull_to[r->lull_count++] = now;
    }
    r->media_at = now;
}

/* One decrypted RTP packet. Returns 1, and fills `key`, when it begins a keyframe. */
static inline int rx_rtp(rx_receiver *r, const uint8_t *d, int size, double now, rx_key *key) {
    if (size < 12) {
        r->ignored++;
        return 0;
    }
    uint16_t number = (uint16_t)((d[2] << 8) | d[3]);
    uint32_t timestamp = ((uint32_t)d[4] << 24) | ((uint32_t)d[5] << 16) | ((uint32_t)d[6] << 8) | d[7];
    uint32_t ssrc = ((uint32_t)d[8] << 24) | ((uint32_t)d[9] << 16) | ((uint32_t)d[10] << 8) | d[11];
    if (r->arrivals.id && rx_record(&r->arrivals, d, size, ssrc, now)) r->attention = 1;
    rx_stream *s = rx_find(r, ssrc);
    if (s == NULL) {
        s = rx_new_stream(r, ssrc, d[1] & 0x7F, now);
        if (s == NULL) {
            r->ignored++;
            return 0;
        }
    }
    rx_media(r, now);
    if (s->received == 0)
        s->first_at = now;
    else if (now - s->last_at > s->longest_stall_s)
        s->longest_stall_s = now - s->last_at;
    s->last_at = now;
    s->bytes += (uint64_t)size;
    int64_t extended;
    if (s->highest >= 0 && number == (uint16_t)(s->highest + 1)) {
        extended = ++s->highest;
        s->received++;
    } else {
        extended = rx_sequence(s, number, now);
        r->attention = 1;
    }
    int offset, end;
    rx_payload(d, size, &offset, &end);
    if (!s->video) {
        if (size > 12) rx_sound_packet(&s->sound, now);
        return 0;
    }
    if (end <= offset) {
        rx_push_padding(s, extended, now);
        return 0;
    }
    uint8_t flags = d[1] & 0x80 ? RX_MARKER : 0;
    int descriptor = rx_descriptor_size(d + offset, end - offset);
    if ((d[offset] & 0x1F) == 0x10) {
        flags |= RX_START;
        if (rx_is_keyframe(d + offset, end - offset, descriptor)) flags |= RX_KEYFRAME;
    }
    rx_push(s, extended, timestamp, flags, now);
    if (!(flags & RX_KEYFRAME)) return 0;
    key->ssrc = ssrc;
    key->crc = rx_crc32(d + offset + descriptor, end - offset - descriptor);
    return 1;
}

/* Takes the sender reports of a decrypted compound packet. Returns 1 when it holds anything else worth reading
 * (BYE, NACK, PLI, FIR, REMB) or is malformed: then Python reads it. */
static inline int rx_rtcp(rx_receiver *r, const uint8_t *d, int size, double now) {
    for (int at = 0, pass = 0; pass < 2; pass++) /* first look, then take: a broken packet changes nothing */
        for (at = 0; at < size;) {
            if (at + 4 > size || d[at] >> 6 != 2) return 1;
            int kind = d[at + 1], end = at + 4 * (((d[at + 2] << 8) | d[at + 3]) + 1);
            if (end > size || (kind != 200 && kind != 201 && kind != 202)) return 1;
            if (kind == 200) {
                if (end - at < 28) return 1;
                const uint8_t *b = d + at + 4;
                uint32_t ssrc = ((uint32_t)b[0] << 24) | ((uint32_t)b[1] << 16) | ((uint32_t)b[2] << 8) | b[3];
                rx_stream *s = pass ? rx_find(r, ssrc) : NULL;
                if (s != NULL) {
                    s->last_sr = ((uint32_t)b[6] << 24) | ((uint32_t)b[7] << 16) | ((uint32_t)b[8] << 8) | b[9];
                    s->last_sr_at = now;
                }
            }
            at = end;
        }
    return 0;
}

#endif
