/* Datagrams taken many at a call: whatever sizes, runs and addresses the kernel tells, every piece lies inside. */
#include "bytes.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>

static int kernel_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout);
#define recvmmsg kernel_recvmmsg
#include "confhub/relay/native/intake.h"
#undef recvmmsg

static bytes_source source;

static int kernel_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout) {
    (void)fd;
    (void)flags;
    (void)timeout;
    LAW(count == CH_IN_MESSAGES);
    unsigned wanted = (unsigned)(take(&source, 1) % (count + 1)), done = 0;
    for (; done < wanted && source.left; done++) {
        struct msghdr *m = &messages[done].msg_hdr;
        size_t size = take(&source, 2);
        LAW(m->msg_iov[0].iov_len >= size);
        memset(m->msg_iov[0].iov_base, (int)done, size);
        messages[done].msg_len = (unsigned)size;
        size_t name = take(&source, 1) % (sizeof(struct sockaddr_storage) + 1);
        for (size_t i = 0; i < name; i++) ((uint8_t *)m->msg_name)[i] = (uint8_t)take(&source, 1);
        if (take(&source, 1) & 1) ((struct sockaddr *)m->msg_name)->sa_family = AF_INET;
        m->msg_namelen = (socklen_t)name;
        if (take(&source, 1) & 1) {
            int segment = (int)take(&source, 2);
            struct cmsghdr *c = (struct cmsghdr *)m->msg_control;
            LAW(m->msg_controllen >= CMSG_SPACE(sizeof segment));
            c->cmsg_level = SOL_UDP;
            c->cmsg_type = UDP_GRO;
            c->cmsg_len = CMSG_LEN(sizeof segment);
            memcpy(CMSG_DATA(c), &segment, sizeof segment);
            m->msg_controllen = CMSG_SPACE(sizeof segment);
        } else {
            m->msg_controllen = 0;
        }
    }
    if (done) return (int)done;
    errno = EAGAIN;
    return -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static ch_intake *intake;
    if (intake == NULL) intake = ch_new_intake(-1);
    LAW(intake != NULL);
    source = (bytes_source){data, size};
    for (int turn = 0; turn < 8 && source.left; turn++) {
        int count = ch_take(intake, -1);
        LAW(count >= -1 && count <= CH_IN_MESSAGES);
        for (int i = 0; i < count; i++) {
            uint32_t length, segment, raw, flow = 0, scope = 0;
            uint16_t port = 0;
            char host[64];
            const char *piece = ch_data(intake, i, &length, &segment);
            LAW(length <= CH_IN_BYTES && (length == 0 || segment > 0));
            for (uint32_t at = 0, rounds = 0; at < length && rounds < 256; at += segment, rounds++)
                LAW(piece[at] == (char)i);
            const char *address = ch_raw_address(intake, i, &raw);
            LAW(raw <= sizeof(struct sockaddr_storage) && address != NULL);
            int family = ch_read_address(intake, i, host, &port, &flow, &scope);
            LAW((family == 4 || family == 6) && memchr(host, 0, sizeof host) != NULL);
        }
    }
    return 0;
}
