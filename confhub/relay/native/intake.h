/* Many datagrams of one socket at a call: recvmmsg, with UDP_GRO where the kernel has it. Linux, no Python. */
#ifndef CONFHUB_INTAKE_H
#define CONFHUB_INTAKE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef SOL_UDP
#define SOL_UDP 17
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

#define CH_IN_MESSAGES 32
#define CH_IN_BYTES 65536 /* of a run that came as one; pages nobody writes to cost nothing */

typedef struct {
    struct mmsghdr messages[CH_IN_MESSAGES];
    struct iovec parts[CH_IN_MESSAGES];
    struct sockaddr_storage addresses[CH_IN_MESSAGES];
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } controls[CH_IN_MESSAGES];
    int runs_come_whole;
    uint8_t data[CH_IN_MESSAGES][CH_IN_BYTES];
} ch_intake;

/* For that socket, which is set to hand out runs as one; NULL without memory. `free` ends it. */
static inline ch_intake *ch_new_intake(int fd) {
    ch_intake *intake = malloc(sizeof *intake);
    if (!intake)
        return NULL;
    memset(intake, 0, offsetof(ch_intake, data));
    int on = 1;
    intake->runs_come_whole = !setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on);
    for (int i = 0; i < CH_IN_MESSAGES; i++) {
        intake->parts[i] = (struct iovec){intake->data[i], CH_IN_BYTES};
        intake->messages[i].msg_hdr = (struct msghdr){
            .msg_name = &intake->addresses[i],
            .msg_iov = &intake->parts[i],
            .msg_iovlen = 1,
            .msg_control = intake->controls[i].bytes,
        };
    }
    return intake;
}

/* Messages taken, or -1 and errno. */
static inline int ch_take(ch_intake *intake, int fd) {
    for (int i = 0; i < CH_IN_MESSAGES; i++) {
        intake->messages[i].msg_hdr.msg_namelen = sizeof intake->addresses[i];
        intake->messages[i].msg_hdr.msg_controllen = sizeof intake->controls[i].bytes;
    }
    return recvmmsg(fd, intake->messages, CH_IN_MESSAGES, MSG_DONTWAIT, NULL);
}

/* One message; `segment` is the size of its datagrams, the last may be shorter. */
static inline const char *ch_data(ch_intake *intake, int index, uint32_t *size, uint32_t *segment) {
    struct msghdr *message = &intake->messages[index].msg_hdr;
    *size = *segment = intake->messages[index].msg_len;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        int told = 0;
        if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO && c->cmsg_len >= CMSG_LEN(sizeof told)) {
            memcpy(&told, CMSG_DATA(c), sizeof told);
            if (told > 0)
                *segment = (uint32_t)told;
        }
    }
    return (const char *)intake->data[index];
}

/* The address as the kernel wrote it: equal bytes for equal addresses. */
static inline const char *ch_raw_address(ch_intake *intake, int index, uint32_t *size) {
    socklen_t told = intake->messages[index].msg_hdr.msg_namelen;
    *size = told < sizeof intake->addresses[index] ? told : (uint32_t)sizeof intake->addresses[index];
    return (const char *)&intake->addresses[index];
}

/* 4 or 6 and what recvfrom's tuple holds; `host` has 64 bytes. */
static inline int ch_read_address(
    ch_intake *intake, int index, char *host, uint16_t *port, uint32_t *flow, uint32_t *scope) {
    const struct sockaddr_storage *address = &intake->addresses[index];
    host[0] = 0;
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)address;
        inet_ntop(AF_INET, &four->sin_addr, host, 64);
        *port = ntohs(four->sin_port);
        return 4;
    }
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
    inet_ntop(AF_INET6, &six->sin6_addr, host, 64);
    *port = ntohs(six->sin6_port);
    *flow = ntohl(six->sin6_flowinfo);
    *scope = six->sin6_scope_id;
    return 6;
}

static inline int ch_kernel_joins_runs(void) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1, joins;
    if (fd < 0)
        return 0;
    joins = !setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on);
    close(fd);
    return joins;
}

#endif
