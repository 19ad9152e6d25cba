/* Bursts in and out of the rooms' UDP sockets: epoll, recvmmsg, UDP_GRO, SRTP, and each room's line with its faults.
 *
 * One rx_engine a media thread. rx_run reads every ready socket without a Python object a packet: RTP is decrypted and
 * counted (receiver.h), what Python must see is left in `events`. Pure C for Linux, without Python.h; libsrtp comes by
 * the addresses of its functions.
 */
#ifndef ENDPOINTS_BURST_H
#define ENDPOINTS_BURST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* recvmmsg */
#endif
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "receiver.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif
#ifndef SOL_UDP
#define SOL_UDP 17
#endif

#define RX_MESSAGES 8           /* receive calls' worth of one socket at once */
#define RX_MESSAGE_BYTES 65536  /* what UDP_GRO may hand out as one */
#define RX_SEGMENTS 128         /* datagrams in one such message, at most (the kernel's own cap is lower) */
#define RX_EVENTS 4096
#define RX_ARENA (2 * 1024 * 1024)
#define RX_ROUNDS 8             /* polls in a row before Python looks at deadlines again */
#define RX_READY 512
#define RX_DATAGRAM 2048        /* larger than any datagram of an MTU of 1500 with SRTP's trailer */
#define RX_TRAILER 148
#define RX_DELAYED 4096         /* datagrams a line holds back each way: a second of 720p many times over */
#define RX_BURST 48             /* segments in one UDP_SEGMENT send: 57 kB, below what IP carries */
#define RX_REPLAYED 9           /* srtp_err_status_replay_fail: a duplicate */
#define RX_TOO_OLD 10           /* srtp_err_status_replay_old */

enum { RX_EVENT_OTHER = 1, RX_EVENT_RTP = 2, RX_EVENT_RTCP = 3, RX_EVENT_KEY = 4, RX_EVENT_ATTENTION = 5 };
enum { RX_DOWN = 0, RX_UP = 1 };

/* A room's line: what is lost, delayed or dead on it, by a seeded generator. Twin: rtc/line.py. */
typedef struct {
    uint64_t state;
    double loss[2], jitter_s[2];
    uint8_t dead[2];
    uint64_t dropped[2], passed[2], delayed;
} rx_line;

typedef struct rx_held {
    struct rx_held *next;
    double due;
    int size;
    uint8_t data[];
} rx_held;

typedef struct {
    rx_held *first, *last;
    int count;
} rx_queue;

typedef struct {
    int fd, slot;
    void *context;         /* srtp_t, NULL before the keys */
    rx_receiver *receiver; /* NULL: decrypted RTP goes to Python */
    rx_line *line;         /* NULL: a good line */
    double last_at;        /* the last authenticated packet */
    uint64_t datagrams, duplicates, rejected, unsent;
    rx_queue held[2];
    uint8_t attention_told;
} rx_port;

typedef struct {
    int kind, slot;
    uint32_t offset, size; /* in the arena */
    double at;
    rx_key key;
} rx_event;

typedef int (*rx_srtp)(void *context, void *packet, int *size);

typedef struct {
    int epoll, wake, woken;
    rx_srtp unprotect, unprotect_rtcp, protect;
    rx_port **ports;
    int capacity, open;
    uint64_t datagrams, messages, calls;
    int event_count;
    uint32_t arena_used;
    double now, wall; /* monotonic seconds, and Unix time minus them */
    rx_event events[RX_EVENTS];
    uint8_t *arena, *buffers;
    struct mmsghdr headers[RX_MESSAGES];
    struct iovec vectors[RX_MESSAGES];
    uint8_t controls[RX_MESSAGES][128];
    struct epoll_event ready[RX_READY];
} rx_engine;

/* the line */

static inline uint64_t rx_random(rx_line *l) { /* splitmix64 */
    uint64_t z = (l->state += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

static inline double rx_chance(rx_line *l) { return (double)(rx_random(l) >> 11) * (1.0 / 9007199254740992.0); }

/* Seconds that the next datagram of this way is held back, -1 when it is lost. */
static inline double rx_fate(rx_line *l, int way) {
    if (!l->dead[way] && l->loss[way] <= 0 && l->jitter_s[way] <= 0) return 0; /* a good line counts nothing */
    if (l->dead[way] || (l->loss[way] > 0 && rx_chance(l) < l->loss[way])) {
        l->dropped[way]++;
        return -1;
    }
    l->passed[way]++;
    if (l->jitter_s[way] <= 0) return 0;
    l->delayed++;
    return rx_chance(l) * l->jitter_s[way];
}

static inline int rx_hold(rx_queue *q, const uint8_t *data, int size, double due) {
    rx_held *held = q->count < RX_DELAYED ? (rx_held *)malloc(sizeof *held + (size_t)size) : NULL;
    if (held == NULL) return 0;
    held->next = NULL;
    held->due = q->last != NULL && q->last->due > due ? q->last->due : due; /* a queue keeps its order */
    held->size = size;
    memcpy(held->data, data, (size_t)size);
    if (q->last != NULL)
        q->last->next = held;
    else
        q->first = held;
    q->last = held;
    q->count++;
    return 1;
}

static inline rx_held *rx_unhold(rx_queue *q, double now) {
    rx_held *held = q->first;
    if (held == NULL || held->due > now) return NULL;
    q->first = held->next;
    if (q->first == NULL) q->last = NULL;
    q->count--;
    return held;
}

/* clocks */

static inline double rx_seconds(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static inline void rx_look_at_clocks(rx_engine *e) {
    double before = rx_seconds(CLOCK_MONOTONIC);
    double real = rx_seconds(CLOCK_REALTIME);
    e->now = rx_seconds(CLOCK_MONOTONIC);
    e->wall = real - (before + e->now) / 2;
}

/* opening and closing */

static inline void rx_engine_free(rx_engine *e) {
    if (e == NULL) return;
    if (e->epoll >= 0) close(e->epoll);
    if (e->wake >= 0) close(e->wake);
    free(e->arena);
    free(e->buffers);
    free(e->ports);
    free(e);
}

static inline rx_engine *rx_engine_new(rx_srtp unprotect, rx_srtp unprotect_rtcp, rx_srtp protect) {
    rx_engine *e = (rx_engine *)calloc(1, sizeof *e);
    if (e == NULL) return NULL;
    e->unprotect = unprotect;
    e->unprotect_rtcp = unprotect_rtcp;
    e->protect = protect;
    e->arena = (uint8_t *)malloc(RX_ARENA);
    e->buffers = (uint8_t *)malloc((size_t)RX_MESSAGES * RX_MESSAGE_BYTES);
    e->epoll = epoll_create1(EPOLL_CLOEXEC);
    e->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = UINT64_MAX};
    if (e->arena == NULL || e->buffers == NULL || e->epoll < 0 || e->wake < 0 ||
        epoll_ctl(e->epoll, EPOLL_CTL_ADD, e->wake, &event) < 0) {
        rx_engine_free(e);
        return NULL;
    }
    for (int i = 0; i < RX_MESSAGES; i++) {
        e->vectors[i].iov_base = e->buffers + (size_t)i * RX_MESSAGE_BYTES;
        e->vectors[i].iov_len = RX_MESSAGE_BYTES;
        e->headers[i].msg_hdr.msg_iov = &e->vectors[i];
        e->headers[i].msg_hdr.msg_iovlen = 1;
        e->headers[i].msg_hdr.msg_control = e->controls[i];
    }
    return e;
}

/* A slot of its own for a socket; -1 without memory or when epoll refuses. */
static inline int rx_open(rx_engine *e, rx_port *p) {
    int slot = 0;
    while (slot < e->capacity && e->ports[slot] != NULL) slot++;
    if (slot == e->capacity) {
        int capacity = e->capacity ? 2 * e->capacity : 64;
        rx_port **ports = (rx_port **)realloc(e->ports, sizeof *ports * (size_t)capacity);
        if (ports == NULL) return -1;
        memset(ports + e->capacity, 0, sizeof *ports * (size_t)(capacity - e->capacity));
        e->ports = ports;
        e->capacity = capacity;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint64_t)slot};
    if (epoll_ctl(e->epoll, EPOLL_CTL_ADD, p->fd, &event) < 0) return -1;
    int on = 1;
    setsockopt(p->fd, SOL_UDP, UDP_GRO, &on, sizeof on); /* an older kernel refuses: datagrams come one by one */
    p->slot = slot;
    e->ports[slot] = p;
    e->open++;
    return slot;
}

static inline void rx_close(rx_engine *e, rx_port *p) {
    if (p->slot < 0) return;
    epoll_ctl(e->epoll, EPOLL_CTL_DEL, p->fd, NULL);
    e->ports[p->slot] = NULL;
    e->open--;
    p->slot = -1;
    for (int way = 0; way < 2; way++)
        for (rx_held *held = p->held[way].first, *next; held != NULL; held = next) {
            next = held->next;
            free(held);
        }
    memset(p->held, 0, sizeof p->held);
}

/* in */

static inline rx_event *rx_event_new(rx_engine *e, int kind, const rx_port *p, double at) {
    rx_event *event = &e->events[e->event_count++];
    memset(event, 0, sizeof *event);
    event->kind = kind;
    event->slot = p->slot;
    event->at = at;
    return event;
}

static inline void rx_tell(rx_engine *e, int kind, const rx_port *p, const uint8_t *d, int size, double at) {
    rx_event *event = rx_event_new(e, kind, p, at);
    event->offset = e->arena_used;
    event->size = (uint32_t)size;
    memcpy(e->arena + e->arena_used, d, (size_t)size);
    e->arena_used += (uint32_t)size;
}

/* Whether one more datagram's events and bytes surely fit. */
static inline int rx_room(const rx_engine *e, int datagrams, int bytes) {
    return e->event_count + 2 * datagrams <= RX_EVENTS && e->arena_used + (uint32_t)bytes <= RX_ARENA;
}

static inline void rx_refused(rx_port *p, int status, const uint8_t *d, int rtp) {
    if (status != RX_REPLAYED && status != RX_TOO_OLD) {
        p->rejected++;
        return;
    }
    p->duplicates++;
    if (rtp && p->receiver != NULL) {
        uint32_t ssrc = ((uint32_t)d[8] << 24) | ((uint32_t)d[9] << 16) | ((uint32_t)d[10] << 8) | d[11];
        rx_stream *s = rx_find(p->receiver, ssrc);
        if (s != NULL) s->duplicates++;
    }
}

/* One datagram that came through the line; it is decrypted in place. */
static inline void rx_datagram(rx_engine *e, rx_port *p, uint8_t *d, int size, double at) {
    if (size < 1 || size > RX_DATAGRAM) return;
    if (d[0] < 128 || d[0] > 191 || size < 12) {
        if (d[0] < 128 || d[0] > 191 || size < 8) {
            rx_tell(e, RX_EVENT_OTHER, p, d, size, at);
            return;
        }
    }
    if (p->context == NULL) return;
    int rtp = size >= 12 && (d[1] < 192 || d[1] > 223), length = size;
    int status = (rtp ? e->unprotect : e->unprotect_rtcp)(p->context, d, &length);
    if (status != 0) {
        rx_refused(p, status, d, rtp);
        return;
    }
    p->last_at = at;
    if (!rtp) {
        if (p->receiver == NULL || rx_rtcp(p->receiver, d, length, at)) rx_tell(e, RX_EVENT_RTCP, p, d, length, at);
        return;
    }
    if (p->receiver == NULL) {
        rx_tell(e, RX_EVENT_RTP, p, d, length, at);
        return;
    }
    rx_key key;
    if (rx_rtp(p->receiver, d, length, at, &key)) rx_event_new(e, RX_EVENT_KEY, p, at)->key = key;
    if (p->receiver->attention && !p->attention_told) {
        p->attention_told = 1;
        rx_event_new(e, RX_EVENT_ATTENTION, p, at);
    }
}

static inline void rx_arrived(rx_engine *e, rx_port *p, uint8_t *d, int size, double at) {
    p->datagrams++;
    e->datagrams++;
    if (p->line != NULL) {
        double wait = rx_fate(p->line, RX_DOWN);
        if (wait < 0) return;
        if (wait > 0 || p->held[RX_DOWN].first != NULL) {
            if (!rx_hold(&p->held[RX_DOWN], d, size, at + wait)) p->line->dropped[RX_DOWN]++;
            return;
        }
    }
    rx_datagram(e, p, d, size, at);
}

static inline double rx_ancillary(rx_engine *e, struct msghdr *m, int *segment) {
    double at = e->now;
    *segment = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec t;
            memcpy(&t, CMSG_DATA(c), sizeof t);
            double came = (double)t.tv_sec + (double)t.tv_nsec * 1e-9 - e->wall;
            if (came < at) at = came;
        } else if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
            memcpy(segment, CMSG_DATA(c), sizeof *segment);
        }
    }
    return at;
}

/* Everything that waits in one socket. Returns 0 when Python must take the events before more is read. */
static inline int rx_read(rx_engine *e, rx_port *p) {
    for (int round = 0; round < RX_ROUNDS; round++) {
        if (!rx_room(e, RX_MESSAGES * RX_SEGMENTS, RX_MESSAGES * RX_MESSAGE_BYTES)) return 0;
        for (int i = 0; i < RX_MESSAGES; i++) {
            e->headers[i].msg_hdr.msg_controllen = sizeof e->controls[i];
            e->headers[i].msg_hdr.msg_flags = 0;
        }
        int count = recvmmsg(p->fd, e->headers, RX_MESSAGES, MSG_DONTWAIT, NULL);
        e->calls++;
        if (count <= 0) return 1; /* nothing, or an ICMP answer to an earlier packet: consent decides */
        for (int i = 0; i < count; i++) {
            int size = (int)e->headers[i].msg_len, segment;
            double at = rx_ancillary(e, &e->headers[i].msg_hdr, &segment);
            uint8_t *d = e->buffers + (size_t)i * RX_MESSAGE_BYTES;
            e->messages++;
            if (segment <= 0) segment = size;
            for (int from = 0, number = 0; from < size && number < RX_SEGMENTS; from += segment, number++)
                rx_arrived(e, p, d + from, size - from < segment ? size - from : segment, at);
        }
        if (count < RX_MESSAGES) return 1;
    }
    return 1;
}

/* out */

static inline int rx_put(rx_port *p, const uint8_t *d, int size) {
    if (send(p->fd, d, (size_t)size, MSG_DONTWAIT) >= 0) return 1;
    p->unsent++;
    return 0;
}

/* One datagram onto the line. */
static inline void rx_send(rx_port *p, const uint8_t *d, int size, double now) {
    if (p->line != NULL) {
        double wait = rx_fate(p->line, RX_UP);
        if (wait < 0) return;
        if (wait > 0 || p->held[RX_UP].first != NULL) {
            if (!rx_hold(&p->held[RX_UP], d, size, now + wait)) p->line->dropped[RX_UP]++;
            return;
        }
    }
    rx_put(p, d, size);
}

static inline int rx_good(const rx_port *p) {
    const rx_line *l = p->line;
    return p->held[RX_UP].first == NULL &&
           (l == NULL || (!l->dead[RX_UP] && l->loss[RX_UP] <= 0 && l->jitter_s[RX_UP] <= 0));
}

/* Datagrams that lie one after the other, `sizes` each. Equal ones go as one UDP_SEGMENT message, the last of which may
 * be shorter; on a faulty line, and where the kernel refuses, they go one by one. */
static inline void rx_send_burst(rx_port *p, const uint8_t *d, const int *sizes, int count, double now) {
    int from = 0;
    while (from < count) {
        int length = sizes[from], run = 1, total = length;
        while (from + run < count && run < RX_BURST && sizes[from + run] <= length && total + sizes[from + run] < 60000) {
            total += sizes[from + run++];
            if (sizes[from + run - 1] < length) break;
        }
        int sent = 0;
        if (run > 1 && rx_good(p)) {
            uint16_t segment = (uint16_t)length;
            union {
                struct cmsghdr align;
                uint8_t space[CMSG_SPACE(sizeof(uint16_t))];
            } control;
            memset(&control, 0, sizeof control);
            struct iovec vector = {(void *)(uintptr_t)d, (size_t)total};
            struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control,
                                     .msg_controllen = sizeof control};
            struct cmsghdr *c = CMSG_FIRSTHDR(&message);
            c->cmsg_level = SOL_UDP;
            c->cmsg_type = UDP_SEGMENT;
            c->cmsg_len = CMSG_LEN(sizeof segment);
            memcpy(CMSG_DATA(c), &segment, sizeof segment);
            sent = sendmsg(p->fd, &message, MSG_DONTWAIT) >= 0;
        }
        for (int i = 0; i < run; i++) {
            if (!sent) rx_send(p, d, sizes[from + i], now);
            d += sizes[from + i];
        }
        from += run;
    }
}

/* What lines held back and is due now. Returns 0 when Python must take the events first. */
static inline int rx_release(rx_engine *e) {
    for (int slot = 0; slot < e->capacity; slot++) {
        rx_port *p = e->ports[slot];
        if (p == NULL || (p->held[RX_DOWN].first == NULL && p->held[RX_UP].first == NULL)) continue;
        rx_held *held;
        while (rx_room(e, 1, RX_DATAGRAM) && (held = rx_unhold(&p->held[RX_DOWN], e->now)) != NULL) {
            rx_datagram(e, p, held->data, held->size, held->due);
            free(held);
        }
        while ((held = rx_unhold(&p->held[RX_UP], e->now)) != NULL) {
            rx_put(p, held->data, held->size);
            free(held);
        }
        if (!rx_room(e, 1, RX_DATAGRAM)) return 0;
    }
    return 1;
}

/* Seconds until a line lets something go, at most `limit`. */
static inline double rx_patience(rx_engine *e, double limit) {
    double now = rx_seconds(CLOCK_MONOTONIC);
    for (int slot = 0; slot < e->capacity; slot++) {
        rx_port *p = e->ports[slot];
        for (int way = 0; p != NULL && way < 2; way++)
            if (p->held[way].first != NULL && p->held[way].first->due - now < limit) limit = p->held[way].first->due - now;
    }
    return limit > 0 ? limit : 0;
}

/* Waits for at most `wait_s`, then reads all sockets that are ready; `gather_s` passes between, so that the packets of
 * one fan-out are read in one go. The events of the run before are gone. */
static inline void rx_run(rx_engine *e, double wait_s, double gather_s) {
    e->event_count = 0;
    e->arena_used = 0;
    e->woken = 0;
    wait_s = rx_patience(e, wait_s);
    int count = epoll_wait(e->epoll, e->ready, RX_READY, (int)(wait_s * 1000 + 0.999));
    if (count > 0 && gather_s > 0) {
        struct timespec pause = {0, (long)(gather_s * 1e9)};
        nanosleep(&pause, NULL);
        count = epoll_wait(e->epoll, e->ready, RX_READY, 0);
    }
    rx_look_at_clocks(e);
    if (!rx_release(e)) return;
    for (int round = 0; count > 0 && round < RX_ROUNDS; round++) {
        for (int i = 0; i < count; i++) {
            if (e->ready[i].data.u64 == UINT64_MAX) {
                uint64_t value;
                if (read(e->wake, &value, sizeof value) > 0) e->woken = 1;
                continue;
            }
            rx_port *p = e->ports[e->ready[i].data.u64];
            if (p != NULL && !rx_read(e, p)) return;
        }
        if (e->woken || count < 8) return;
        count = epoll_wait(e->epoll, e->ready, RX_READY, 0);
        rx_look_at_clocks(e);
    }
}

#endif
