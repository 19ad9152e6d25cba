/* The floor of a fan-out: what libsrtp and the kernel alone need for a burst to many sockets.
 *
 * One loop, no Python, no lists: for each destination, each packet of the burst is a constant header, a copy of the
 * payload and srtp_protect (of the same library the relay uses); then one sendmmsg with UDP_SEGMENT for eight of them.
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#ifndef SOL_UDP
#define SOL_UDP 17
#endif
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#define BURST_MAX 32
#define SLOT 2048
#define GROUP 8

typedef int (*protect_fn)(void *, void *, int *);

/* Packets the kernel took. `head` is 12 bytes of RTP header and the extensions; the number, `first_seq` and on, is
 * written for each packet. */
long floor_burst(protect_fn protect, void **sessions, struct sockaddr_in *addresses, int count, int fd,
    const uint8_t *head, int head_bytes, const uint8_t *payload, int payload_bytes, int burst, uint16_t first_seq) {
    static _Alignas(64) uint8_t slots[GROUP * BURST_MAX * SLOT];
    static struct iovec parts[GROUP][BURST_MAX];
    static struct mmsghdr messages[GROUP];
    static union {
        char bytes[CMSG_SPACE(sizeof(uint16_t))];
        struct cmsghdr align;
    } controls[GROUP];
    long sent = 0;
    for (int start = 0; start < count; start += GROUP) {
        int group = count - start < GROUP ? count - start : GROUP;
        uint8_t *slot = slots;
        for (int i = 0; i < group; i++) {
            int size = 0;
            for (int n = 0; n < burst; n++) {
                uint16_t seq = (uint16_t)(first_seq + n);
                memcpy(slot, head, (size_t)head_bytes);
                slot[2] = (uint8_t)(seq >> 8);
                slot[3] = (uint8_t)seq;
                memcpy(slot + head_bytes, payload, (size_t)payload_bytes);
                size = head_bytes + payload_bytes;
                if (protect(sessions[start + i], slot, &size))
                    return -1;
                parts[i][n] = (struct iovec){slot, (size_t)size};
                slot += (size + 63) & ~63;
            }
            messages[i].msg_hdr = (struct msghdr){
                .msg_name = &addresses[start + i],
                .msg_namelen = sizeof addresses[start + i],
                .msg_iov = parts[i],
                .msg_iovlen = (size_t)burst,
                .msg_control = controls[i].bytes,
                .msg_controllen = sizeof controls[i].bytes,
            };
            struct cmsghdr *item = CMSG_FIRSTHDR(&messages[i].msg_hdr);
            uint16_t segment = (uint16_t)size;
            item->cmsg_level = SOL_UDP;
            item->cmsg_type = UDP_SEGMENT;
            item->cmsg_len = CMSG_LEN(sizeof segment);
            memcpy(CMSG_DATA(item), &segment, sizeof segment);
        }
        int taken = sendmmsg(fd, messages, (unsigned)group, MSG_DONTWAIT);
        if (taken > 0)
            sent += (long)taken * burst;
    }
    return sent;
}
