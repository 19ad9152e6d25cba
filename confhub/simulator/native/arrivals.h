/* Which packets came by the server's transport-wide numbers, and when: draft-holmer-rmcat-transport-wide-cc-extensions-01.
 *
 * The twin of Arrivals in rtc/twcc.py; the feedback itself is made there from what is taken. Pure C as receiver.h.
 */
#ifndef ENDPOINTS_ARRIVALS_H
#define ENDPOINTS_ARRIVALS_H

#include <stdint.h>
#include <stdlib.h>

#define RX_ARRIVALS 1024 /* between two feedbacks: MAX_ARRIVALS */

typedef struct {
    int64_t number; /* extended */
    double at;
} rx_arrival;

typedef struct {
    uint8_t id;      /* of the header extension; 0 while it is not negotiated */
    uint8_t heard;   /* the server does number its packets */
    uint8_t awaited; /* somebody takes them at times: no attention is needed */
    uint32_t ssrc;   /* of the last numbered packet */
    int64_t highest;
    int count;
    rx_arrival *list; /* RX_ARRIVALS; NULL before the first */
} rx_arrivals;

/* The two bytes of header extension `wanted` (RFC 8285, one-byte and two-byte form); -1 without it. size >= 12. */
static inline int rx_transport_number(const uint8_t *d, int size, int wanted) {
    int at = 12 + 4 * (d[0] & 15);
    if (!(d[0] & 0x10) || at + 4 > size) return -1;
    int profile = (d[at] << 8) | d[at + 1], end = at + 4 + 4 * ((d[at + 2] << 8) | d[at + 3]);
    int brief = profile == 0xBEDE;
    if (end > size || !(brief || (profile & 0xFFF0) == 0x1000)) return -1;
    at += 4;
    while (at < end) {
        int first = d[at++], length, number;
        if (first == 0) continue;
        if (brief) {
            number = first >> 4;
            length = (first & 15) + 1;
            if (number == 15) return -1;
        } else {
            if (at >= end) return -1;
            number = first;
            length = d[at++];
        }
        if (at + length > end) return -1;
        if (number == wanted) return length == 2 ? (d[at] << 8) | d[at + 1] : -1;
        at += length;
    }
    return -1;
}

/* One RTP packet; returns 1 when it wants attention, because nobody takes what came. */
static inline int rx_record(rx_arrivals *a, const uint8_t *d, int size, uint32_t ssrc, double now) {
    int number = rx_transport_number(d, size, a->id);
    if (number < 0) return 0;
    int64_t extended = (int64_t)number + 65536;
    if (a->heard) extended = a->highest + (int64_t)(((int64_t)number - a->highest + 32768) & 0xFFFF) - 32768;
    if (!a->heard || extended > a->highest) a->highest = extended;
    a->heard = 1;
    a->ssrc = ssrc;
    if (a->list == NULL) a->list = (rx_arrival *)malloc(sizeof(rx_arrival) * RX_ARRIVALS);
    if (a->list != NULL && a->count < RX_ARRIVALS) {
        rx_arrival arrival = {extended, now};
        a->list[a->count++] = arrival;
    }
    return !a->awaited;
}

static inline void rx_arrivals_free(rx_arrivals *a) {
    free(a->list);
    a->list = NULL;
    a->count = 0;
}

#endif
