/* What the rooms read: bursts of datagrams, whole or as one message with UDP_GRO, over a line with faults; RTP counted,
 * RTCP looked at. A kernel of our own brings them; "unprotecting" takes four bytes off, or refuses. */
#include "bytes.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int kernel_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout);
static ssize_t kernel_send(int fd, const void *data, size_t size, int flags);
static ssize_t kernel_sendmsg(int fd, const struct msghdr *message, int flags);
#define recvmmsg kernel_recvmmsg
#define send kernel_send
#define sendmsg kernel_sendmsg
#include "confhub/simulator/native/burst.h"
#undef recvmmsg
#undef send
#undef sendmsg

static bytes_source source;
static uint64_t sent_bytes;

static int kernel_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout) {
    (void)fd;
    (void)flags;
    (void)timeout;
    unsigned wanted = (unsigned)(take(&source, 1) % 9), done = 0;
    if (wanted > count) wanted = count;
    for (; done < wanted && source.left; done++) {
        struct msghdr *m = &messages[done].msg_hdr;
        size_t size = take(&source, 1) * (take(&source, 1) % 8 + 1);
        int segment = (int)(take(&source, 1) & 1 ? take(&source, 2) : 0);
        LAW(m->msg_iovlen == 1 && m->msg_iov[0].iov_len == RX_MESSAGE_BYTES);
        uint8_t *to = (uint8_t *)m->msg_iov[0].iov_base;
        for (size_t i = 0; i < size; i++) to[i] = (uint8_t)take(&source, 1);
        messages[done].msg_len = (unsigned)size;
        if (segment) {
            struct cmsghdr *c = (struct cmsghdr *)m->msg_control;
            c->cmsg_level = SOL_UDP;
            c->cmsg_type = UDP_GRO;
            c->cmsg_len = CMSG_LEN(sizeof segment);
            memcpy(CMSG_DATA(c), &segment, sizeof segment);
            m->msg_controllen = CMSG_SPACE(sizeof segment);
        } else {
            m->msg_controllen = 0;
        }
    }
    return done ? (int)done : -1;
}

static ssize_t kernel_send(int fd, const void *data, size_t size, int flags) {
    (void)fd;
    (void)flags;
    for (size_t i = 0; i < size; i++) sent_bytes += ((const uint8_t *)data)[i] & 1;
    return take(&source, 1) & 1 ? (ssize_t)size : -1;
}

static ssize_t kernel_sendmsg(int fd, const struct msghdr *message, int flags) {
    return kernel_send(fd, message->msg_iov[0].iov_base, message->msg_iov[0].iov_len, flags);
}

static int unseal(void *context, void *packet, int *size) {
    (void)packet;
    LAW(context != NULL && *size >= 8);
    int status = (int)(take(&source, 1) % 16);
    if (status == 9 || status == 10 || status == 7) return status;
    *size -= 4;
    return 0;
}

static void check_receiver(const rx_receiver *r) {
    LAW(r->count >= 0 && r->count <= RX_STREAMS && r->due_count <= RX_DUES);
    for (int i = 0; i < r->count; i++) {
        const rx_stream *s = &r->streams[i];
        LAW(s->missing_count >= 0 && s->missing_count <= RX_MISSING);
        LAW(s->highest >= s->base);
        LAW(rx_lost(s) >= 0 && s->keyframes <= s->frames && s->frames <= s->received);
        int used = 0;
        for (int n = 0; s->waiting != NULL && n < RX_PENDING; n++) used += (s->waiting[n].flags & RX_USED) != 0;
        LAW(used == s->waiting_count);
        LAW(s->waiting == NULL || !(rx_slot((rx_stream *)s, s->next)->flags & RX_USED) || s->waiting_count == 0);
    }
}

/* Nothing else but what Python asks between two runs. */
static void ask(rx_receiver *r, double now) {
    uint16_t numbers[RX_MISSING];
    for (int i = 0; i < r->count; i++) {
        rx_stream *s = &r->streams[i];
        int room = (int)(take(&source, 1) % (RX_MISSING + 1));
        LAW(rx_due_nacks(s, now, numbers, room) <= room);
        rx_picture_broken(&s->picture, now);
        rx_sound_close(&s->sound, now);
    }
    int how = (int)take(&source, 1);
    if (how & 1) {
        uint32_t ssrcs[RX_DUES];
        uint8_t active[RX_DUES];
        int count = (int)(take(&source, 1) % (RX_DUES + 1));
        for (int i = 0; i < count; i++) {
            ssrcs[i] = (uint32_t)take(&source, 1);
            active[i] = take(&source, 1) & 1;
        }
        rx_sources(r, ssrcs, active, count, how & 2, how & 4, now);
    }
    if (how & 8) rx_retire(r, (uint32_t)take(&source, 1));
}

static void tell_rtcp(rx_receiver *r, double now) {
    size_t size = take(&source, 1);
    uint8_t *packet = take_bytes(&source, &size);
    rx_rtcp(r, packet, (int)size, now);
    free(packet);
}

static void tell_rtp(rx_receiver *r, double now) {
    size_t size = take(&source, 1) + 1;
    uint8_t *packet = take_bytes(&source, &size);
    rx_key key;
    if (packet != NULL) {
        if (size >= 12) {
            packet[0] = 0x80 | (packet[0] & 0x3F);
            packet[8] = packet[9] = packet[10] = 0;
        }
        rx_rtp(r, packet, (int)size, now, &key);
    }
    free(packet);
}

/* A stream of SSRC 1, so that reports of it are taken. */
static void tell_source(rx_receiver *r) {
    static const uint8_t packet[13] = {0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0};
    rx_key key;
    rx_rtp(r, packet, sizeof packet, 0.5, &key);
}

static void send_some(rx_port *port, double now) {
    int sizes[RX_BURST], count = (int)(take(&source, 1) % RX_BURST), total = 0;
    for (int i = 0; i < count; i++) total += sizes[i] = 1 + (int)(take(&source, 1) & 31);
    uint8_t *data = (uint8_t *)calloc(1, (size_t)total + 1);
    LAW(data != NULL);
    rx_send_burst(port, data, sizes, count, now);
    free(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static rx_engine *engine;
    static int fd = -1;
    if (engine == NULL) {
        engine = rx_engine_new(unseal, unseal, unseal);
        fd = eventfd(0, EFD_NONBLOCK);
        LAW(engine != NULL && fd >= 0);
    }
    source = (bytes_source){data, size};
    rx_receiver receiver;
    rx_line line;
    rx_port port;
    rx_init(&receiver);
    memset(&line, 0, sizeof line);
    memset(&port, 0, sizeof port);
    receiver.kinds[96] = 2;
    receiver.kinds[111] = 1;
    receiver.arrivals.id = 3;
    int how = (int)take(&source, 1);
    port.fd = fd;
    port.slot = -1;
    port.context = how & 1 ? &port : NULL;
    port.receiver = how & 2 ? &receiver : NULL;
    port.line = how & 4 ? &line : NULL;
    if (how & 8) { /* one compound packet, and nothing else */
        size_t whole = source.left;
        uint8_t *packet = take_bytes(&source, &whole);
        tell_source(&receiver);
        rx_rtcp(&receiver, packet, (int)whole, 1);
        free(packet);
        check_receiver(&receiver);
        rx_free(&receiver);
        return 0;
    }
    LAW(rx_open(engine, &port) == 0);
    engine->now = 10;
    for (int turn = 0; turn < 64 && source.left; turn++) {
        engine->now += (double)take(&source, 1) / 64;
        engine->event_count = 0;
        engine->arena_used = 0;
        switch (take(&source, 1) % 8) {
        case 0: rx_read(engine, &port); break;
        case 1:
            line.loss[0] = line.loss[1] = (double)(take(&source, 1) & 3) / 4;
            line.jitter_s[0] = line.jitter_s[1] = (double)(take(&source, 1) & 3) / 8;
            line.dead[take(&source, 1) & 1] = take(&source, 1) & 1;
            break;
        case 2: rx_release(engine); break;
        case 3: send_some(&port, engine->now); break;
        case 4: ask(&receiver, engine->now); break;
        case 5: tell_rtcp(&receiver, engine->now); break;
        default: tell_rtp(&receiver, engine->now); break;
        }
        LAW(engine->event_count <= RX_EVENTS && engine->arena_used <= RX_ARENA);
        for (int i = 0; i < engine->event_count; i++)
            LAW(engine->events[i].offset + engine->events[i].size <= engine->arena_used);
        check_receiver(&receiver);
    }
    rx_close(engine, &port);
    LAW(port.slot == -1 && engine->open == 0);
    rx_free(&receiver);
    return 0;
}
