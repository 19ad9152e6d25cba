/* Stands between a process and the kernel, by LD_PRELOAD: refuses what a test wants refused.
 *
 * FULL_EVERY=n   each n-th message (counted over all) finds the send buffer full: EAGAIN; it stays full for
 *                who waits, but with ROOM=1 it has room at once
 * CUTS=unknown   setsockopt(UDP_SEGMENT) is refused with ENOPROTOOPT, as by an old kernel
 * CUTS=EINVAL, EIO  a message with UDP_SEGMENT is refused so, as by a device that cannot
 * CUTS=first     the first one of each destination is refused with EINVAL, as one larger than the line takes
 * SHORT=1        sendmmsg takes one message a call
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define SOL_UDP_ 17
#define UDP_SEGMENT_ 103

static int messages, runs;
static char is_known[65536]; /* by port */

/* Messages with UDP_SEGMENT that were let through. */
int shim_runs(void) { return runs; }

static int is_full(void) {
    const char *every = getenv("FULL_EVERY");
    return every && ++messages % atoi(every) == 0;
}

static int refusal(const struct msghdr *message) {
    const char *cuts = getenv("CUTS");
    if (message->msg_controllen && cuts && !strcmp(cuts, "unknown"))
        return EPERM; /* such a kernel would send the whole run as one datagram */
    if (message->msg_controllen && cuts && !strcmp(cuts, "EINVAL"))
        return EINVAL;
    if (message->msg_controllen && cuts && !strcmp(cuts, "EIO"))
        return EIO;
    if (message->msg_controllen && cuts && !strcmp(cuts, "first")) {
        char *known = &is_known[((const struct sockaddr_in *)message->msg_name)->sin_port];
        if (!*known)
            return *known = 1, EINVAL;
    }
    runs += message->msg_controllen > 0;
    return is_full() ? EAGAIN : 0;
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t size) {
    int (*real)(int, int, int, const void *, socklen_t) = dlsym(RTLD_NEXT, "setsockopt");
    const char *cuts = getenv("CUTS");
    if (level == SOL_UDP_ && name == UDP_SEGMENT_ && cuts && !strcmp(cuts, "unknown")) {
        errno = ENOPROTOOPT;
        return -1;
    }
    return real(fd, level, name, value, size);
}

int poll(struct pollfd *all, nfds_t count, int timeout_ms) {
    int (*real)(struct pollfd *, nfds_t, int) = dlsym(RTLD_NEXT, "poll");
    if (count != 1 || all->events != POLLOUT || !getenv("FULL_EVERY"))
        return real(all, count, timeout_ms);
    all->revents = getenv("ROOM") ? POLLOUT : 0;
    return all->revents != 0;
}

int sendmmsg(int fd, struct mmsghdr *all, unsigned int count, int flags) {
    int (*real)(int, struct mmsghdr *, unsigned int, int) = dlsym(RTLD_NEXT, "sendmmsg");
    unsigned int taken = 0;
    if (getenv("SHORT") && count > 1)
        count = 1;
    for (; taken < count; taken++) {
        int error = refusal(&all[taken].msg_hdr);
        if (error) {
            if (taken) {
                messages -= error == EAGAIN; /* the kernel tells of it at the next call, which counts it again */
                break;
            }
            errno = error;
            return -1;
        }
        if (real(fd, &all[taken], 1, flags) != 1)
            return taken ? (int)taken : -1;
    }
    return (int)taken;
}

ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to, socklen_t to_size) {
    ssize_t (*real)(int, const void *, size_t, int, const struct sockaddr *, socklen_t) =
        dlsym(RTLD_NEXT, "sendto");
    if (is_full()) {
        errno = EAGAIN;
        return -1;
    }
    return real(fd, data, size, flags, to, to_size);
}
