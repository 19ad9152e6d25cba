/* Reading RTP, and writing one subscriber's copy: what is written is read again by a reader of its own. */
#include "bytes.h"

#include "confhub/relay/native/packet.h"

typedef struct {
    uint8_t id;
    size_t size;
    const uint8_t *value;
} element;

/* RFC 8285 by the letter, without packet.h: elements of the block at `at`, their number, -1 where it is broken. */
static int read_elements(const uint8_t *data, size_t size, element *out, int room, size_t *payload_at) {
    size_t at = 12 + 4 * (size_t)(data[0] & 15);
    int count = 0;
    *payload_at = at;
    if (!(data[0] & 0x10)) return 0;
    if (size < at + 4) return -1;
    unsigned profile = (unsigned)data[at] << 8 | data[at + 1];
    size_t end = at + 4 + 4 * ((size_t)data[at + 2] << 8 | data[at + 3]);
    *payload_at = end;
    if (end > size) return -1;
    at += 4;
    int two = profile == 0x1000;
    if (!two && profile != 0xBEDE) return -1;
    while (at < end) {
        if (data[at] == 0) {
            at++;
            continue;
        }
        element found;
        if (two) {
            if (at + 2 > end) return -1;
            found.id = data[at];
            found.size = data[at + 1];
            at += 2;
        } else {
            found.id = data[at] >> 4;
            found.size = (size_t)(data[at] & 15) + 1;
            at += 1;
        }
        if (at + found.size > end || count == room) return -1;
        found.value = data + at;
        at += found.size;
        out[count++] = found;
    }
    return count;
}

static void check_view(const uint8_t *data, size_t size) {
    ch_view view;
    memset(&view, 0xEE, sizeof view);
    if (!ch_parse(data, size, &view)) return;
    LAW(size >= 12 && data[0] >> 6 == 2);
    LAW(view.payload_at >= 12 && view.payload_at <= view.payload_end && view.payload_end <= size);
    LAW(view.extension_at <= view.extension_end && view.extension_end <= view.payload_at);
    LAW(view.seq == (uint16_t)(data[2] << 8 | data[3]));
    LAW(view.pt == (data[1] & 0x7F) && view.marker == (data[1] & 0x80));
    LAW(view.ssrc == ((uint32_t)data[8] << 24 | (uint32_t)data[9] << 16 | (uint32_t)data[10] << 8 | data[11]));
    LAW(view.is_two_byte <= 1);
}

static void read_edit(bytes_source *s, ch_edit *edit) {
    memset(edit, 0, sizeof *edit);
    edit->abs_time_id = (uint8_t)take(s, 1);
    edit->level_id = (uint8_t)take(s, 1);
    edit->orientation_id = (uint8_t)take(s, 1);
    edit->descriptor_id = (uint8_t)take(s, 1);
    edit->picture_id_add = (uint16_t)take(s, 2);
    edit->tl0_add = (uint8_t)take(s, 1);
    edit->keyidx_add = (uint8_t)take(s, 1);
    edit->frame_number_add = (uint16_t)take(s, 2);
    edit->mid_bytes = (uint8_t)(1 + take(s, 1) % CH_MID_BYTES_MAX);
    edit->mid_id = take(s, 1) & 1 ? (uint8_t)take(s, 1) : 0;
    for (int i = 0; i < edit->mid_bytes; i++) edit->mid[i] = (uint8_t)take(s, 1);
    edit->moves_numbers = edit->picture_id_add || edit->tl0_add || edit->keyidx_add;
}

static void read_numbers(bytes_source *s, ch_numbers *numbers) {
    static const uint8_t widths[4] = {0, 7, 15, 15};
    memset(numbers, 0, sizeof *numbers);
    numbers->is_present = take(s, 1) & 1;
    numbers->picture_id_bits = widths[take(s, 1) & 3];
    numbers->picture_id_at = (uint32_t)take(s, 1 + (int)(s->left & 3));
    numbers->picture_id = (uint16_t)take(s, 2);
    numbers->tl0_at = (uint32_t)take(s, 1);
    numbers->tl0 = (uint8_t)take(s, 1);
    numbers->keyidx_at = (uint32_t)take(s, 1);
    numbers->keyidx = (uint8_t)take(s, 1) & 31;
}

/* The payload as a copy must carry it, written without packet.h. */
static void move(uint8_t *payload, size_t size, const ch_numbers *n, const ch_edit *e) {
    if (!n->is_present || !e->moves_numbers) return;
    size_t at = n->picture_id_at;
    if (n->picture_id_bits == 15 && at + 1 < size) {
        unsigned value = (n->picture_id + e->picture_id_add) % 32768;
        payload[at] = (uint8_t)(128 + value / 256);
        payload[at + 1] = (uint8_t)(value % 256);
    }
    if (n->picture_id_bits == 7 && at < size) payload[at] = (uint8_t)((n->picture_id + e->picture_id_add) % 128);
    if (n->tl0_at && n->tl0_at < size) payload[n->tl0_at] = (uint8_t)((n->tl0 + e->tl0_add) % 256);
    if (n->keyidx_at && n->keyidx_at < size)
        payload[n->keyidx_at] =
            (uint8_t)(payload[n->keyidx_at] / 32 * 32 + (n->keyidx + e->keyidx_add) % 32);
}

static void expect(const element *found, int count, int *next, uint8_t id, const uint8_t *value, size_t size) {
    LAW(*next < count);
    const element *one = &found[(*next)++];
    LAW(one->id == id && one->size == size && (size == 0 || memcmp(one->value, value, size) == 0));
}

static void check_written(const uint8_t *out, size_t size, const ch_cargo *cargo, const ch_lane *lane) {
    element found[8];
    size_t payload_at;
    int count = read_elements(out, size, found, 8, &payload_at), next = 0;
    const ch_edit *edit = &lane->edit;
    LAW(count >= 0 && payload_at + cargo->payload_bytes == size && size <= CH_CLEAR_BYTES_MAX);
    LAW(out[0] == (count ? 0x90 : 0x80) && out[1] == (cargo->marker | lane->pt));
    LAW((uint16_t)(out[2] << 8 | out[3]) == (uint16_t)(cargo->seq + lane->seq_add));
    LAW(ch_get32(out + 4) == (uint32_t)(cargo->timestamp + lane->timestamp_add) && ch_get32(out + 8) == lane->ssrc);
    uint8_t value[256];
    if (edit->abs_time_id) {
        value[0] = (uint8_t)(cargo->abs_time >> 16);
        value[1] = (uint8_t)(cargo->abs_time >> 8);
        value[2] = (uint8_t)cargo->abs_time;
        expect(found, count, &next, edit->abs_time_id, value, 3);
    }
    if (edit->level_id && cargo->level_bytes)
        expect(found, count, &next, edit->level_id, cargo->level, cargo->level_bytes);
    if (edit->orientation_id && cargo->orientation_bytes)
        expect(found, count, &next, edit->orientation_id, cargo->orientation, cargo->orientation_bytes);
    if (edit->descriptor_id && cargo->descriptor_bytes) {
        size_t length = cargo->descriptor_bytes < 3 ? 3 : cargo->descriptor_bytes;
        memcpy(value, cargo->descriptor, cargo->descriptor_bytes);
        unsigned number = (cargo->frame_number + edit->frame_number_add) % 65536;
        value[1] = (uint8_t)(number / 256);
        value[2] = (uint8_t)(number % 256);
        expect(found, count, &next, edit->descriptor_id, value, length);
    }
    if (edit->mid_id) expect(found, count, &next, edit->mid_id, edit->mid, edit->mid_bytes);
    LAW(next == count);
    if (cargo->payload_bytes) {
        uint8_t *wanted = (uint8_t *)malloc(cargo->payload_bytes);
        LAW(wanted != NULL);
        memcpy(wanted, cargo->payload, cargo->payload_bytes);
        move(wanted, cargo->payload_bytes, &cargo->numbers, edit);
        LAW(memcmp(wanted, out + payload_at, cargo->payload_bytes) == 0);
        free(wanted);
    }
}

static void write_copy(bytes_source *s) {
    ch_cargo cargo;
    ch_lane lane;
    memset(&cargo, 0, sizeof cargo);
    memset(&lane, 0, sizeof lane);
    read_edit(s, &lane.edit);
    lane.pt = take(s, 1) & 0x7F;
    lane.ssrc = (uint32_t)take(s, 4);
    lane.seq_add = take(s, 8);
    lane.timestamp_add = take(s, 8);
    cargo.seq = take(s, 8);
    cargo.timestamp = (uint32_t)take(s, 4);
    cargo.abs_time = (uint32_t)take(s, 3);
    cargo.frame_number = (uint16_t)take(s, 2);
    cargo.marker = take(s, 1) & 0x80;
    read_numbers(s, &cargo.numbers);
    cargo.level_bytes = take(s, 1) & 1 ? take(s, 2) % 300 : 1;
    cargo.orientation_bytes = take(s, 1) & 1 ? take(s, 2) % 300 : 1;
    cargo.descriptor_bytes = take(s, 2) % 300;
    uint8_t *level = take_bytes(s, &cargo.level_bytes);
    uint8_t *orientation = take_bytes(s, &cargo.orientation_bytes);
    uint8_t *descriptor = take_bytes(s, &cargo.descriptor_bytes);
    cargo.payload_bytes = s->left;
    uint8_t *payload = take_bytes(s, &cargo.payload_bytes);
    cargo.level = level;
    cargo.orientation = orientation;
    cargo.descriptor = descriptor;
    cargo.payload = payload;
    uint8_t *out = (uint8_t *)malloc(CH_CLEAR_BYTES_MAX);
    LAW(out != NULL);
    memset(out, 0xCC, CH_CLEAR_BYTES_MAX);
    size_t size = ch_write_packet(out, &cargo, &lane);
    for (size_t i = size ? size : CH_CLEAR_BYTES_MAX; i < CH_CLEAR_BYTES_MAX; i++) LAW(out[i] == 0xCC);
    if (size) {
        check_written(out, size, &cargo, &lane);
        check_view(out, size);
    } else {
        LAW(cargo.payload_bytes + cargo.level_bytes + cargo.orientation_bytes + cargo.descriptor_bytes > 200);
    }
    size = ch_write_padding(out, cargo.seq, cargo.timestamp, &lane);
    ch_view view;
    LAW(size >= 16 && ch_parse(out, size, &view) && view.payload_at == view.payload_end);
    LAW((size == 16) == !lane.edit.mid_id);
    free(out);
    free(level);
    free(orientation);
    free(descriptor);
    free(payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bytes_source s = {data, size};
    if (take(&s, 1) & 1) {
        size_t length = s.left;
        uint8_t *packet = take_bytes(&s, &length);
        check_view(packet, length);
        free(packet);
    } else {
        write_copy(&s);
    }
    return 0;
}
