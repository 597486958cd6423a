/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: a record as the ring hands it out, to both formats. Record and room end where their memory ends,
 * so that AddressSanitizer sees any step beyond.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"

#define MAX_RECORD_BYTES 16384

static void check_json(const char *line, const char *end) {
    if (end - line < 2 || end - line > LINE_BYTES || line[0] != '{' || end[-2] != '}' || end[-1] != '\n')
        abort();
    /* One line, of characters that need no escape in JSON. */
    for (const char *at = line; at < end - 1; at++)
        if ((unsigned char)*at < 0x20)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > MAX_RECORD_BYTES)
        return 0;
    /* The ring aligns records to eight bytes. */
    char *record = aligned_alloc(8, (size + 7) & ~(size_t)7);
    char *line = malloc(LINE_BYTES), *message = malloc(LINE_BYTES);
    if (!record || !line || !message)
        abort();
    memcpy(record, data, size);
    char *end = format_json(line, record, size);
    if (end)
        check_json(line, end);
    char *message_end = format_protobuf(message, record, size);
    if (!end != !message_end || (message_end && message_end - message > LINE_BYTES))
        abort();
    free(message);
    free(line);
    free(record);
    return 0;
}
