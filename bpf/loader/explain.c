/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "explain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../output/json.h"
#include "../output/message.h"
#include "counts.h"
#include "family.h"

static bool explain_family(enum family_id id, const struct options *options, struct rings *rings) {
    const struct family *family = &FAMILIES[id];
    const char *forced = options->forced[id];
    bool found = false;
    for (const char *const *hook = family->hooks; *hook; hook++) {
        struct source source;
        char reason[600], quoted[6 * sizeof(reason) + 3];
        if (forced && strcmp(forced, *hook))
            continue;
        printf("{\"family\":\"%s\",\"hook\":\"%s\",\"why\":\"%s\",", family->name, *hook, why_hook(*hook));
        if (open_source(&source, id, *hook, rings, NULL, reason, sizeof(reason))) {
            printf("\"outcome\":\"%s\",\"verifiedInstructions\":", found ? "available" : "chosen");
            struct counts counts;
            if (read_counts(&source, &counts) && counts.verified_known)
                printf("%" PRIu64 "}\n", counts.verified);
            else
                printf("null}\n");
            found = true;
            close_source(&source);
        } else {
            *json_string(quoted, reason, strlen(reason)) = 0;
            printf("\"outcome\":\"failed\",\"reason\":%s}\n", quoted);
        }
    }
    return found;
}

int explain(const struct options *options) {
    struct rings rings = {.shape = options->rings, .families = 1};
    bool all = true;
    for (enum family_id id = 0; id < FAMILY_COUNT; id++)
        if (options->wanted[id])
            all &= explain_family(id, options, &rings);
    rings_close(&rings);
    return all ? 0 : EXIT_KERNEL_CANNOT;
}
