/* A burst to several paths: sealed, cut into runs and handed to a kernel that refuses now and then. Every packet is
 * counted once, in order for its path, with the bytes that were sealed. */
#include "bytes.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t kernel_sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to, socklen_t n);
static int kernel_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags);
static int kernel_poll(struct pollfd *all, nfds_t count, int timeout_ms);
#define poll(all, count, timeout_ms) kernel_poll(all, count, timeout_ms)
#define sendto kernel_sendto
#define sendmmsg kernel_sendmmsg
#include "confhub/relay/native/burst.h"
#undef poll
#undef sendto
#undef sendmmsg

#define PATHS 4
#define LANES 8
#define CARGOS 16
#define ENTRIES 160
#define TRAILER 16

static bytes_source kernel;
static int64_t taken, taken_bytes;
static uint32_t next_number[PATHS];
static ch_path paths[PATHS];

static int refusal(void) {
    static const int errors[8] = {0, EAGAIN, EINVAL, EIO, EMSGSIZE, EPERM, EINTR, ENOBUFS};
    return take(&kernel, 1) % 4 ? 0 : errors[take(&kernel, 1) % 8];
}

/* What reaches the kernel was sealed, and follows what came before for that path. */
static void receive(const struct sockaddr *to, const uint8_t *data, size_t size) {
    unsigned path = ((const struct sockaddr_in *)to)->sin_port;
    LAW(path < PATHS && size > 12 + TRAILER);
    uint32_t number = (uint32_t)data[8] << 24 | (uint32_t)data[9] << 16 | (uint32_t)data[10] << 8 | data[11];
    LAW(number >> 8 < LANES && (number & 0xFF) % PATHS == path);
    for (int i = 1; i <= TRAILER; i++) LAW(data[size - (size_t)i] == 0xA5);
    next_number[path]++;
    taken++;
    taken_bytes += (int64_t)size - TRAILER;
}

static ssize_t kernel_sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to, socklen_t n) {
    (void)flags;
    LAW(fd == 3 || fd == 4);
    LAW(n == sizeof(struct sockaddr_in));
    int error = refusal();
    if (error) {
        errno = error;
        return -1;
    }
    receive(to, (const uint8_t *)data, size);
    return (ssize_t)size;
}

/* A full buffer has room soon, or not. */
static int kernel_poll(struct pollfd *all, nfds_t count, int timeout_ms) {
    LAW(count == 1 && all->events == POLLOUT && timeout_ms > 0 && timeout_ms < 100);
    all->revents = take(&kernel, 1) % 2 ? POLLOUT : 0;
    return all->revents != 0;
}

static int kernel_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags) {
    (void)flags;
    LAW((fd == 3 || fd == 4) && count > 0 && count <= CH_BATCH_PACKETS);
    unsigned done = 0;
    for (; done < count; done++) {
        struct msghdr *m = &messages[done].msg_hdr;
        int error = refusal();
        if (error) {
            errno = error;
            break;
        }
        size_t segment = 0, total = 0;
        for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
            uint16_t value;
            LAW(c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_SEGMENT);
            memcpy(&value, CMSG_DATA(c), sizeof value);
            segment = value;
        }
        LAW(m->msg_iovlen >= 1 && (m->msg_iovlen == 1 || segment > 0));
        for (size_t i = 0; i < m->msg_iovlen; i++) {
            size_t size = m->msg_iov[i].iov_len;
            LAW(m->msg_iovlen == 1 || size == segment || (i + 1 == m->msg_iovlen && size < segment));
            total += size;
            receive((const struct sockaddr *)m->msg_name, (const uint8_t *)m->msg_iov[i].iov_base, size);
        }
        LAW(total <= 65507);
    }
    return done ? (int)done : -1;
}

static int seal(void *session, void *packet, int *size) {
    ch_path *path = (ch_path *)session;
    LAW(path >= paths && path < paths + PATHS);
    if (take(&kernel, 1) == 255) return 1;
    memset((uint8_t *)packet + *size, 0xA5, TRAILER);
    *size += TRAILER;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static ch_lane lanes[LANES];
    static ch_cargo cargos[CARGOS];
    static ch_entry entries[ENTRIES];
    static uint8_t payload[2048];
    bytes_source s = {data, size};
    size_t half = s.left / 2;
    kernel.at = data + half;
    kernel.left = size - half;
    s.left = half;
    taken = taken_bytes = 0;
    memset(paths, 0, sizeof paths);
    memset(lanes, 0, sizeof lanes);
    memset(cargos, 0, sizeof cargos);
    memset(next_number, 0, sizeof next_number);
    ch_sender *sender = ch_new_sender(seal, (int)(take(&s, 1) & 1));
    LAW(sender != NULL);
    for (unsigned i = 0; i < PATHS; i++) {
        struct sockaddr_in *to = (struct sockaddr_in *)&paths[i].address;
        to->sin_port = (in_port_t)i;
        paths[i].address_bytes = sizeof *to;
        paths[i].session = &paths[i];
        paths[i].fd = 3 + (int)(take(&s, 1) & 1);
        paths[i].first = paths[i].last = -1;
    }
    for (unsigned i = 0; i < LANES; i++) {
        lanes[i].ssrc = i << 8 | (i % PATHS);
        lanes[i].edit.abs_time_id = take(&s, 1) & 15;
    }
    for (unsigned i = 0; i < CARGOS; i++) {
        cargos[i].payload = payload;
        cargos[i].payload_bytes = 1 + take(&s, 2) % 1900;
        cargos[i].seq = i;
    }
    uint32_t count = (uint32_t)(take(&s, 1) % (ENTRIES + 1));
    for (uint32_t i = 0; i < count; i++) {
        ch_lane *lane = &lanes[take(&s, 1) % LANES];
        ch_path *path = &paths[(lane - lanes) % PATHS];
        entries[i] = (ch_entry){lane, (uint32_t)(take(&s, 1) % CARGOS), -1};
        if (path->last < 0)
            path->first = (int32_t)i;
        else
            entries[path->last].next = (int32_t)i;
        path->last = (int32_t)i;
    }
    ch_path *order[PATHS];
    for (unsigned i = 0; i < PATHS; i++) order[i] = &paths[i];
    uint8_t slot[CH_SLOT_BYTES];
    int64_t writable = 0;
    for (uint32_t i = 0; i < count; i++) writable += ch_write_packet(slot, &cargos[entries[i].cargo], entries[i].lane) > 0;
    ch_send_burst(sender, order, PATHS, entries, cargos);
    int64_t packets = 0, octets = 0, lost = 0, of_lanes = 0, octets_of_lanes = 0;
    for (unsigned i = 0; i < PATHS; i++) {
        packets += paths[i].packets;
        octets += paths[i].octets;
        lost += paths[i].dropped + paths[i].errors;
    }
    for (unsigned i = 0; i < LANES; i++) {
        of_lanes += lanes[i].packets;
        octets_of_lanes += lanes[i].octets;
    }
    LAW(packets == taken && of_lanes == taken);
    LAW(octets == taken_bytes && octets_of_lanes == taken_bytes);
    LAW(packets + lost == writable);
    LAW(sender->packets == 0 && sender->count == 0);
    free(sender);
    return 0;
}
