/* Packet work without Python, sockets or allocation: what one subscriber's copy of an RTP packet looks like.
 *
 * Everything here is a static inline function over plain memory, so that a fuzzer builds it by itself.
 * The readable twin is forward/cargo.py and forward/fanout_py.py; both must give the same bytes.
 */
#ifndef CONFHUB_PACKET_H
#define CONFHUB_PACKET_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CH_HEADER_BYTES 12
/* Clear text of one packet; leaves room for SRTP's trailer within CH_SLOT_BYTES, as in fanout_py. */
#define CH_CLEAR_BYTES_MAX 1800
#define CH_SLOT_BYTES 2048
#define CH_EXTENSIONS 5
#define CH_MID_BYTES_MAX 16

/* How a subscriber's copy differs behind the fixed header; an id of 0 is one not negotiated. */
typedef struct {
    uint8_t abs_time_id;
    uint8_t level_id;
    uint8_t orientation_id;
    uint8_t descriptor_id;
    uint8_t moves_numbers; /* any of the three below is not 0 */
    uint8_t tl0_add;
    uint8_t keyidx_add;
    uint16_t picture_id_add;
    uint16_t frame_number_add;
    uint8_t mid_id;
    uint8_t mid_bytes; /* 1 to CH_MID_BYTES_MAX where mid_id is not 0 */
    uint8_t mid[CH_MID_BYTES_MAX];
} ch_edit;

/* Where the running numbers stand in a video payload; an offset of 0 is an absent one. */
typedef struct {
    uint32_t picture_id_at;
    uint32_t tl0_at;
    uint32_t keyidx_at;
    uint16_t picture_id;
    uint8_t picture_id_bits; /* 0, 7 or 15 */
    uint8_t tl0;
    uint8_t keyidx;
    uint8_t is_present;
} ch_numbers;

/* One packet on its way to many. The pointers are borrowed. */
typedef struct {
    const uint8_t *payload;
    const uint8_t *level;
    const uint8_t *orientation;
    const uint8_t *descriptor;
    size_t payload_bytes;
    size_t level_bytes;
    size_t orientation_bytes;
    size_t descriptor_bytes;
    uint64_t seq; /* unwrapped; the wire gets it modulo 2**16 */
    uint32_t timestamp;
    uint32_t abs_time;
    uint16_t frame_number;
    uint8_t marker; /* 0 or 0x80 */
    ch_numbers numbers;
} ch_cargo;

/* One copy's own numbers, and what has been sent of it. */
typedef struct {
    uint64_t seq_add;
    uint64_t timestamp_add;
    int64_t packets;
    int64_t octets;
    uint32_t ssrc;
    uint8_t pt;
    ch_edit edit;
} ch_lane;

typedef struct {
    const uint8_t *head; /* up to three bytes that stand for the first ones of the value */
    const uint8_t *rest;
    uint16_t head_bytes;
    uint16_t rest_bytes;
    uint8_t id;
} ch_extension;

static inline void ch_put16(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static inline void ch_put32(uint8_t *at, uint32_t value) {
    ch_put16(at, value >> 16);
    ch_put16(at + 2, value);
}

/* The fixed header of `lane`'s copy. */
static inline void ch_write_header(
    uint8_t *out, uint8_t first, uint8_t marker, uint64_t seq, uint32_t timestamp, const ch_lane *lane) {
    out[0] = first;
    out[1] = (uint8_t)(marker | lane->pt);
    ch_put16(out + 2, (uint32_t)(seq + lane->seq_add) & 0xFFFF);
    ch_put32(out + 4, timestamp + (uint32_t)lane->timestamp_add);
    ch_put32(out + 8, lane->ssrc);
}

/* The extension block of RFC 8285 with its head. Bytes written, 0 where it does not fit into `room`. */
static inline size_t ch_pack_extensions(uint8_t *out, size_t room, const ch_extension *items, int count) {
    int is_two_byte = 0;
    size_t body = 0;
    for (int i = 0; i < count; i++) {
        size_t size = (size_t)items[i].head_bytes + items[i].rest_bytes;
        if (size > 255)
            return 0;
        if (items[i].id > 14 || size < 1 || size > 16)
            is_two_byte = 1;
        body += size;
    }
    body += (size_t)count * (is_two_byte ? 2 : 1);
    size_t padded = (body + 3) & ~(size_t)3;
    if (4 + padded > room)
        return 0;
    ch_put16(out, is_two_byte ? 0x1000 : 0xBEDE);
    ch_put16(out + 2, (uint32_t)(padded / 4));
    uint8_t *at = out + 4;
    for (int i = 0; i < count; i++) {
        size_t size = (size_t)items[i].head_bytes + items[i].rest_bytes;
        if (is_two_byte) {
            *at++ = items[i].id;
            *at++ = (uint8_t)size;
        } else {
            *at++ = (uint8_t)(items[i].id << 4 | (size - 1));
        }
        if (items[i].head_bytes)
            memcpy(at, items[i].head, items[i].head_bytes);
        at += items[i].head_bytes;
        if (items[i].rest_bytes)
            memcpy(at, items[i].rest, items[i].rest_bytes);
        at += items[i].rest_bytes;
    }
    memset(at, 0, padded - body);
    return 4 + padded;
}

/* Move the running numbers of a copied payload on. Offsets outside of it are left alone. */
static inline void ch_move_numbers(
    uint8_t *payload, size_t size, const ch_numbers *numbers, const ch_edit *edit) {
    size_t at = numbers->picture_id_at;
    if (numbers->picture_id_bits == 15 && at + 1 < size) {
        uint32_t value = ((uint32_t)numbers->picture_id + edit->picture_id_add) & 0x7FFF;
        payload[at] = (uint8_t)(0x80 | value >> 8);
        payload[at + 1] = (uint8_t)value;
    } else if (numbers->picture_id_bits == 7 && at < size) {
        payload[at] = (uint8_t)((numbers->picture_id + edit->picture_id_add) & 0x7F);
    }
    if (numbers->tl0_at && numbers->tl0_at < size)
        payload[numbers->tl0_at] = (uint8_t)(numbers->tl0 + edit->tl0_add);
    if (numbers->keyidx_at && numbers->keyidx_at < size) {
        uint8_t *byte = payload + numbers->keyidx_at;
        *byte = (uint8_t)((*byte & 0xE0) | ((numbers->keyidx + edit->keyidx_add) & 0x1F));
    }
}

/* The whole clear packet of `cargo` for `lane` into `out` (CH_CLEAR_BYTES_MAX bytes of room at least).
 * Its size, 0 if it would be larger than that. */
static inline size_t ch_write_packet(uint8_t *out, const ch_cargo *cargo, const ch_lane *lane) {
    const ch_edit *edit = &lane->edit;
    ch_extension items[CH_EXTENSIONS];
    uint8_t abs_time[3], descriptor[3];
    int count = 0;
    if (edit->abs_time_id) {
        abs_time[0] = (uint8_t)(cargo->abs_time >> 16);
        ch_put16(abs_time + 1, cargo->abs_time);
        items[count++] = (ch_extension){abs_time, NULL, 3, 0, edit->abs_time_id};
    }
    if (edit->level_id && cargo->level_bytes) {
        if (cargo->level_bytes > 255)
            return 0;
        items[count++] = (ch_extension){NULL, cargo->level, 0, (uint16_t)cargo->level_bytes, edit->level_id};
    }
    if (edit->orientation_id && cargo->orientation_bytes) {
        if (cargo->orientation_bytes > 255)
            return 0;
        items[count++] = (ch_extension){
            NULL, cargo->orientation, 0, (uint16_t)cargo->orientation_bytes, edit->orientation_id};
    }
    if (edit->descriptor_id && cargo->descriptor_bytes) {
        size_t rest = cargo->descriptor_bytes > 3 ? cargo->descriptor_bytes - 3 : 0;
        if (rest > 252)
            return 0;
        descriptor[0] = cargo->descriptor[0];
        ch_put16(descriptor + 1, (uint32_t)cargo->frame_number + edit->frame_number_add);
        items[count++] = (ch_extension){
            descriptor, rest ? cargo->descriptor + 3 : NULL, 3, (uint16_t)rest, edit->descriptor_id};
    }
    if (edit->mid_id)
        items[count++] = (ch_extension){NULL, edit->mid, 0, edit->mid_bytes, edit->mid_id};
    size_t size = CH_HEADER_BYTES;
    if (count) {
        size_t packed = ch_pack_extensions(out + size, CH_CLEAR_BYTES_MAX - size, items, count);
        if (!packed)
            return 0;
        size += packed;
    }
    if (cargo->payload_bytes > CH_CLEAR_BYTES_MAX - size)
        return 0;
    ch_write_header(out, count ? 0x90 : 0x80, cargo->marker, cargo->seq, cargo->timestamp, lane);
    if (cargo->payload_bytes)
        memcpy(out + size, cargo->payload, cargo->payload_bytes);
    if (cargo->numbers.is_present && edit->moves_numbers)
        ch_move_numbers(out + size, cargo->payload_bytes, &cargo->numbers, edit);
    return size + cargo->payload_bytes;
}

/* A packet of padding only: four bytes of it, behind the section's name where the lane carries one. Its size. */
static inline size_t ch_write_padding(uint8_t *out, uint64_t seq, uint32_t timestamp, const ch_lane *lane) {
    const ch_edit *edit = &lane->edit;
    size_t size = CH_HEADER_BYTES;
    if (edit->mid_id) {
        ch_extension name = {NULL, edit->mid, 0, edit->mid_bytes, edit->mid_id};
        size += ch_pack_extensions(out + size, CH_CLEAR_BYTES_MAX - size, &name, 1);
    }
    ch_write_header(out, edit->mid_id ? 0xB0 : 0xA0, 0, seq, timestamp, lane);
    memset(out + size, 0, 3);
    out[size + 3] = 4;
    return size + 4;
}

/* Where things are in a received packet (RFC 3550, RFC 8285), as wire/rtp.py's RtpView. */
typedef struct {
    uint32_t ssrc;
    uint32_t timestamp;
    uint16_t seq;
    uint8_t pt;
    uint8_t marker;
    uint8_t is_two_byte;
    uint32_t extension_at;
    uint32_t extension_end;
    uint32_t payload_at;
    uint32_t payload_end;
} ch_view;

static inline uint32_t ch_get16(const uint8_t *at) { return (uint32_t)at[0] << 8 | at[1]; }
static inline uint32_t ch_get32(const uint8_t *at) { return ch_get16(at) << 16 | ch_get16(at + 2); }

/* 1 if it is an RTP packet, 0 if it is a broken one or none. */
static inline int ch_parse(const uint8_t *data, size_t size, ch_view *view) {
    if (size < CH_HEADER_BYTES || size > 65535 || (data[0] & 0xC0) != 0x80)
        return 0;
    size_t at = CH_HEADER_BYTES + 4 * (size_t)(data[0] & 0x0F);
    view->extension_at = view->extension_end = 0;
    view->is_two_byte = 0;
    if (data[0] & 0x10) {
        if (size < at + 4)
            return 0;
        uint32_t profile = ch_get16(data + at);
        view->extension_at = (uint32_t)at + 4;
        at = at + 4 + 4 * (size_t)ch_get16(data + at + 2);
        view->extension_end = (uint32_t)at;
        if ((profile & 0xFFF0) == 0x1000)
            view->is_two_byte = 1;
        else if (profile != 0xBEDE)
            view->extension_at = view->extension_end = 0;
    }
    size_t end = size;
    if (data[0] & 0x20) {
        uint8_t padding = data[size - 1];
        if (padding == 0 || padding > end)
            return 0;
        end -= padding;
    }
    if (at > end)
        return 0;
    view->pt = data[1] & 0x7F;
    view->marker = data[1] & 0x80;
    view->seq = (uint16_t)ch_get16(data + 2);
    view->timestamp = ch_get32(data + 4);
    view->ssrc = ch_get32(data + 8);
    view->payload_at = (uint32_t)at;
    view->payload_end = (uint32_t)end;
    return 1;
}

#endif
