/* A burst of packets to many destinations: written, protected and handed to the kernel. Linux, no Python.
 *
 * Packets of one destination that follow each other in equal sizes (the last may be shorter) go as one message
 * with UDP_SEGMENT; the messages of many destinations go in one sendmmsg. The kernel takes a message or does not;
 * counters say which. Nothing is sent twice, but the packets of a run the kernel will not cut go one by one, and what
 * finds the send buffer full waits a moment.
 */
#ifndef CONFHUB_BURST_H
#define CONFHUB_BURST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "packet.h"

#ifndef SOL_UDP
#define SOL_UDP 17
#endif
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

/* Packets between two system calls: small enough that they are still in the cache when the kernel copies. */
#define CH_BATCH_PACKETS 64
#define CH_RUN_PACKETS 48    /* the kernel takes 64 since 4.18 */
#define CH_RUN_BYTES 60000   /* below 65,507 */
/* After a run that was refused: for a device that cuts none that costs little, and one packet larger than the
 * line's MTU does not cost a path its runs for ever. */
#define CH_SINGLE_PACKETS 512

/* A full buffer is waited for: this outruns every line, and a keyframe to 302 rooms is larger than the buffer of a
 * machine nobody has tuned. No longer than this at once, and a third of the time at most, as all else waits too. */
#define CH_PATIENCE_NS 20000000
#define CH_PATIENCE_STEP_NS 50000 /* what a wait costs that was none */

typedef int (*ch_protect)(void *session, void *packet, int *size);

/* The way to one peer. */
typedef struct {
    void *session; /* libsrtp's, NULL before there are keys */
    struct sockaddr_storage address;
    socklen_t address_bytes; /* 0: none the kernel could be given */
    int fd;                  /* for the time of a burst */
    int64_t packets;
    int64_t octets;
    int64_t dropped;
    int64_t errors;
    uint64_t mark;           /* the burst that `first` and `last` are of */
    int32_t first;
    int32_t last;
    uint16_t single;         /* packets to go before a run is tried again: the kernel did not cut one */
} ch_path;

/* One packet for one lane, in a chain of its path. */
typedef struct {
    ch_lane *lane;
    uint32_t cargo;
    int32_t next; /* -1: the last */
} ch_entry;

typedef struct {
    ch_path *path;
    uint32_t first;
    uint32_t count;
    uint32_t segment;
    uint32_t bytes;
    uint8_t is_closed;
} ch_run;

/* The memory of one sending thread. */
typedef struct {
    struct iovec parts[CH_BATCH_PACKETS];
    ch_lane *lanes[CH_BATCH_PACKETS];
    uint32_t clear[CH_BATCH_PACKETS];
    ch_run runs[CH_BATCH_PACKETS];
    struct mmsghdr messages[CH_BATCH_PACKETS];
    union {
        char bytes[CMSG_SPACE(sizeof(uint16_t))];
        struct cmsghdr align;
    } controls[CH_BATCH_PACKETS];
    uint32_t packets;
    uint32_t count; /* of runs */
    int fd;
    int cuts_runs; /* the kernel knows UDP_SEGMENT */
    ch_protect protect;
    int64_t patience_ns; /* what is left of it */
    int64_t rested_ns;   /* the clock when the last burst ended */
    uint32_t used; /* of `arena` */
    _Alignas(64) uint8_t arena[CH_BATCH_PACKETS * CH_SLOT_BYTES];
} ch_sender;

static inline void ch_took(ch_sender *sender, const ch_run *run) {
    for (uint32_t i = run->first; i < run->first + run->count; i++) {
        sender->lanes[i]->packets += 1;
        sender->lanes[i]->octets += sender->clear[i];
        run->path->packets += 1;
        run->path->octets += sender->clear[i];
    }
}

static inline void ch_refused(ch_path *path, uint32_t count, int error) {
    if (error == EAGAIN || error == EWOULDBLOCK)
        path->dropped += count;
    else
        path->errors += count;
}

static inline int64_t ch_clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* 1 as soon as the socket takes more; 0 where that takes longer than there is patience for. */
static inline int ch_wait(ch_sender *sender) {
    if (sender->patience_ns <= 0)
        return 0;
    struct pollfd room = {sender->fd, POLLOUT, 0};
    int64_t start_ns = ch_clock_ns();
    int found = poll(&room, 1, (int)(sender->patience_ns / 1000000) + 1);
    int64_t took_ns = ch_clock_ns() - start_ns;
    sender->patience_ns -= took_ns > CH_PATIENCE_STEP_NS ? took_ns : CH_PATIENCE_STEP_NS;
    if (found == 1 && room.revents & POLLOUT)
        return 1;
    sender->patience_ns = 0;
    return 0;
}

/* The packets of a run by themselves. */
static inline void ch_send_singly(ch_sender *sender, const ch_run *run) {
    ch_path *path = run->path;
    for (uint32_t i = run->first; i < run->first + run->count; i++) {
        ssize_t sent;
        do {
            sent = sendto(sender->fd, sender->parts[i].iov_base, sender->parts[i].iov_len,
                MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&path->address, path->address_bytes);
        } while (sent < 0 && errno == EINTR);
        if (sent < 0) {
            ch_refused(path, 1, errno);
        } else {
            ch_run one = *run;
            one.first = i;
            one.count = 1;
            ch_took(sender, &one);
        }
    }
}

static inline int ch_is_about_cutting(int error) {
    return error == EINVAL || error == EIO || error == EMSGSIZE || error == ENOPROTOOPT || error == EOPNOTSUPP;
}

/* Hand the batch to the kernel. */
static inline void ch_submit(ch_sender *sender) {
    for (uint32_t i = 0; i < sender->count; i++) {
        ch_run *run = &sender->runs[i];
        struct msghdr *message = &sender->messages[i].msg_hdr;
        message->msg_name = &run->path->address;
        message->msg_namelen = run->path->address_bytes;
        message->msg_iov = &sender->parts[run->first];
        message->msg_iovlen = run->count;
        message->msg_flags = 0;
        if (run->count > 1) {
            message->msg_control = sender->controls[i].bytes;
            message->msg_controllen = sizeof(sender->controls[i].bytes);
            struct cmsghdr *control = CMSG_FIRSTHDR(message);
            uint16_t segment = (uint16_t)run->segment;
            control->cmsg_level = SOL_UDP;
            control->cmsg_type = UDP_SEGMENT;
            control->cmsg_len = CMSG_LEN(sizeof(uint16_t));
            memcpy(CMSG_DATA(control), &segment, sizeof segment);
        } else {
            message->msg_control = NULL;
            message->msg_controllen = 0;
        }
    }
    uint32_t done = 0;
    while (done < sender->count) {
        int sent = sendmmsg(
            sender->fd, sender->messages + done, sender->count - done, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0) {
            for (int i = 0; i < sent; i++)
                ch_took(sender, &sender->runs[done + (uint32_t)i]);
            done += (uint32_t)sent;
            continue;
        }
        int error = sent < 0 ? errno : EIO;
        if (error == EINTR || (error == EAGAIN && ch_wait(sender)))
            continue;
        ch_run *run = &sender->runs[done++];
        if (run->count > 1 && ch_is_about_cutting(error)) {
            run->path->single = CH_SINGLE_PACKETS;
            ch_send_singly(sender, run);
        } else {
            ch_refused(run->path, run->count, error);
        }
    }
    sender->packets = sender->count = sender->used = 0;
}

/* Put the `size` bytes of datagram at the arena's end behind what waits for its path. */
static inline void ch_append(ch_sender *sender, ch_path *path, ch_lane *lane, uint32_t clear, uint32_t size) {
    uint32_t place = sender->packets++;
    sender->parts[place].iov_base = sender->arena + sender->used;
    sender->parts[place].iov_len = size;
    sender->used += (size + 63) & ~(uint32_t)63; /* one behind the other: slots of 2 KB would share cache sets */
    sender->lanes[place] = lane;
    sender->clear[place] = clear;
    if (path->single) {
        path->single -= 1;
    } else if (sender->count) {
        ch_run *run = &sender->runs[sender->count - 1];
        if (run->path == path && !run->is_closed && sender->cuts_runs &&
            size <= run->segment && run->count < CH_RUN_PACKETS && run->bytes + size <= CH_RUN_BYTES) {
            run->count += 1;
            run->bytes += size;
            run->is_closed = size < run->segment;
            return;
        }
    }
    sender->runs[sender->count++] = (ch_run){path, place, 1, size, size, 0};
}

/* Everything of one path's chain. */
static inline void ch_send_path(
    ch_sender *sender, ch_path *path, const ch_entry *entries, const ch_cargo *cargos) {
    if (sender->packets && sender->fd != path->fd)
        ch_submit(sender);
    sender->fd = path->fd;
    for (int32_t i = path->first; i >= 0; i = entries[i].next) {
        if (sender->packets == CH_BATCH_PACKETS)
            ch_submit(sender);
        uint8_t *slot = sender->arena + sender->used;
        ch_lane *lane = entries[i].lane;
        size_t clear = ch_write_packet(slot, &cargos[entries[i].cargo], lane);
        if (!clear)
            continue;
        int size = (int)clear;
        if (sender->protect(path->session, slot, &size)) {
            path->errors += 1;
            continue;
        }
        ch_append(sender, path, lane, (uint32_t)clear, (uint32_t)size);
    }
}

static inline void ch_send_burst(ch_sender *sender, ch_path **paths, uint32_t count, const ch_entry *entries,
    const ch_cargo *cargos) {
    int64_t patience_ns = sender->patience_ns + (ch_clock_ns() - sender->rested_ns) / 2;
    sender->patience_ns = patience_ns < CH_PATIENCE_NS ? patience_ns : CH_PATIENCE_NS;
    for (uint32_t i = 0; i < count; i++)
        ch_send_path(sender, paths[i], entries, cargos);
    if (sender->packets)
        ch_submit(sender);
    sender->rested_ns = ch_clock_ns();
}

/* A sender, or NULL. `free` ends it. */
static inline ch_sender *ch_new_sender(ch_protect protect, int cuts_runs) {
    void *memory = NULL;
    if (posix_memalign(&memory, 64, sizeof(ch_sender)))
        return NULL;
    ch_sender *sender = memory;
    memset(sender, 0, offsetof(ch_sender, arena));
    sender->protect = protect;
    sender->cuts_runs = cuts_runs;
    return sender;
}

/* Does the kernel cut a run in two? Tried on a loopback socket with two datagrams to itself. */
static inline int ch_kernel_cuts_runs(void) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), cuts = 0;
    if (fd < 0)
        return 0;
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int segment = 2;
    if (!setsockopt(fd, SOL_UDP, UDP_SEGMENT, &segment, sizeof segment) &&
        !bind(fd, (struct sockaddr *)&address, sizeof address) &&
        !getsockname(fd, (struct sockaddr *)&address, &size)) {
        char taken[8];
        cuts = sendto(fd, "abc", 3, MSG_DONTWAIT, (struct sockaddr *)&address, size) == 3 &&
               recv(fd, taken, sizeof taken, MSG_DONTWAIT) == 2 &&
               recv(fd, taken, sizeof taken, MSG_DONTWAIT) == 1;
    }
    close(fd);
    return cuts;
}

#endif
