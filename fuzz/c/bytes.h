/* Choices read from an input's bytes, and memory of exactly the size asked for, so that the sanitizer sees the edge. */
#ifndef FUZZ_BYTES_H
#define FUZZ_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAW(holds)                                                          \
    do {                                                                    \
        if (!(holds)) {                                                     \
            fprintf(stderr, "broken law, line %d: %s\n", __LINE__, #holds); \
            abort();                                                        \
        }                                                                   \
    } while (0)

typedef struct {
    const uint8_t *at;
    size_t left;
} bytes_source;

static inline uint64_t take(bytes_source *s, int size) {
    uint64_t value = 0;
    for (int i = 0; i < size; i++) {
        value <<= 8;
        if (s->left) {
            value |= *s->at++;
            s->left--;
        }
    }
    return value;
}

/* `size` bytes (fewer at the end of the input) in memory of their own, or NULL for none. */
static inline uint8_t *take_bytes(bytes_source *s, size_t *size) {
    if (*size > s->left) *size = s->left;
    if (*size == 0) return NULL;
    uint8_t *copy = (uint8_t *)malloc(*size);
    LAW(copy != NULL);
    memcpy(copy, s->at, *size);
    s->at += *size;
    s->left -= *size;
    return copy;
}

#endif
